/** All pages that are written by a program. */
import { MONITORING_FILES } from '../../monitoring/pages.ts';
import { apiPages } from './api/page.ts';
import { charmPage, PAGES } from './charm-page.ts';
import { errorsPage } from './errors-page.ts';
import type { GeneratedPage } from './markdown.ts';
import { parityPage } from './parity.ts';

export async function generatedPages(): Promise<readonly GeneratedPage[]> {
  const charms = PAGES.map((page) => ({ file: page.file, text: () => charmPage(page) }));
  return [...MONITORING_FILES, ...charms, errorsPage, parityPage, ...(await apiPages())];
}
