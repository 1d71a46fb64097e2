/** Stack traces in terms of the sources, for a charm whose code was bundled and has its source maps beside it. */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';

const mapShape = z.lazy(() =>
  z.object({
    version: z.number(),
    file: z._default(z.string(), ''),
    sourceRoot: z._default(z.string(), ''),
    sources: z.array(z.string()),
    sourcesContent: z._default(z.array(z.string()), []),
    names: z.array(z.string()),
    mappings: z.string(),
  }),
);

/**
 * `file:///…/charm.mjs:12:34` -> `charm/apply.ts:56:7`. What has no source map stays as it is.
 *
 * Node's `--enable-source-maps` would do it for every error, also for those that its own streams make and drop in
 * each dispatch; reading maps takes tens of milliseconds, so it is done here for those that somebody will read.
 */
export function inSources(stack: string): string {
  const maps = new Map<string, SourceMap | undefined>();
  return stack.replace(
    /(file:\/\/[^\s()]+?):(\d+):(\d+)/g,
    (place, url: string, line: string, column: string) => {
      if (!maps.has(url)) maps.set(url, readMap(url));
      const entry = maps.get(url)?.findEntry(Number(line) - 1, Number(column) - 1);
      if (entry === undefined || !('originalSource' in entry)) return place;
      const { originalSource, originalLine, originalColumn } = entry;
      return `${originalSource.replace(/^(\.\.\/)+/, '')}:${originalLine + 1}:${originalColumn + 1}`;
    },
  );
}

function readMap(url: string): SourceMap | undefined {
  try {
    return new SourceMap(mapShape.parse(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, 'utf8'))));
  } catch {
    return undefined; // not bundled: the stack names the sources already
  }
}
