/**
 * The short examples of the pages, made whole: what stands around them is always the same, so that a page need not
 * show it. A snippet with `import` or `export` is a module of its own; one that begins with a key, such as
 * `reconcile:`, is a member of `defineCharm`; anything else stands in a handler.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generateSpec } from '../../../lib/generate/generate.ts';
import { readCharmSpec } from '../../../lib/spec/load.ts';

/** The charm that the examples belong to. */
const YAML: Readonly<Record<string, string>> = {
  'metadata.yaml': `name: web
requires:
  database: { interface: web_db }
  logging: { interface: loki_push_api }
  charm-tracing: { interface: tracing, limit: 1 }
  receive-ca-cert: { interface: certificate_transfer, limit: 1 }
provides: { metrics: { interface: prometheus_scrape } }
peers: { peers: { interface: web_peers } }
containers: { web: { resource: web-image } }
storage: { data: { type: filesystem, multiple: { range: 1- } } }
resources: { web-image: { type: oci-image }, page: { type: file, filename: page.html } }
`,
  'config.yaml': `options:
  port: { type: int, default: 8080 }
  title: { type: string }
  api-key: { type: secret }
`,
  'actions.yaml': `backup:
  params: { path: { type: string }, level: { type: integer, default: 1 } }
  required: [path]
  additionalProperties: false
`,
};

const CHARM = `import { defineCharm } from 'charmwright';
import { spec } from './generated.ts';

export const web = defineCharm(spec, {});
`;

const PRELUDE = `import * as charmwright from 'charmwright';
import {
  ActionFailed, active, assertNever, blocked, type Charm, converge, defineCharm, definePart, type EventOf, json, Juju,
  type JujuEvent, JujuVersion, maintenance, NotAllowedError, PermissionError, RelationNotFoundError, run, SecretNotFoundError,
  ToolError, waiting,
} from 'charmwright';
import { ConnectionError, ExecError, type Layer, PathError, PebbleClient } from 'charmwright/pebble';
import {
  activeOnly, CharmCrashed, container, context, exec, explore, crashTest, findContainer, findRelation, findSecret, network, notice, peerRelation, relation,
  secret, state, storage,
} from 'charmwright/testing';
import { tracing } from 'charmwright/tracing';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { spec } from './charm/generated.ts';
`;

/** One block of a page. */
export interface Snippet {
  readonly line: number;
  readonly code: string;
}

/** The TypeScript blocks of a page, but for those that are files by their first line. */
export function snippetsOf(page: string): readonly Snippet[] {
  const blocks = page.matchAll(/^```ts\n([\s\S]*?)^```$/gm);
  return [...blocks]
    .map(({ 1: code = '', index }) => ({ line: page.slice(0, index).split('\n').length, code }))
    .filter(({ code }) => !/^\/\/ \S+\.ts\b/.test(code));
}

function isMember({ code }: Pick<Snippet, 'code'>): boolean {
  return /^(\/\/.*\n)*[a-zA-Z]+: /.test(code);
}

/** A whole file of it. */
export function whole({ code }: Snippet): string {
  if (/^import /m.test(code)) return code;
  if (/^export /m.test(code)) return `${PRELUDE}\n${code}`;
  if (/^(\/\/.*\n)*[a-zA-Z]+: /.test(code))
    return `${PRELUDE}\nexport const it = defineCharm(spec, {\n${code}\n});\n`;
  return `${PRELUDE}
declare const charm: Charm<typeof spec>;
export async function snippet(juju: Juju<typeof spec>, event: JujuEvent<typeof spec>): Promise<void> {
${code}
}
`;
}

/** Writes the files that make a folder of snippets compile. `yaml` are the page's own, where it has some. */
export async function writeSnippets(
  folder: string,
  snippets: readonly Snippet[],
  yaml: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  await mkdir(join(folder, 'charm'), { recursive: true });
  for (const [name, text] of Object.entries({ ...YAML, ...Object.fromEntries(yaml) })) {
    await writeFile(join(folder, name), text);
  }
  await writeFile(join(folder, 'charm/generated.ts'), generateSpec(await readCharmSpec(folder)));
  await writeFile(join(folder, 'charm/charm.ts'), CHARM);
  for (const snippet of snippets) {
    const path = join(folder, placeOf(snippet), `line-${snippet.line}.ts`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, whole(snippet));
  }
}

/** The folder from which a snippet's own imports lead to the charm. */
function placeOf({ code }: Snippet): string {
  if (/from '\.\/generated\.ts'/.test(code)) return 'charm';
  return /from '\.\.\/charm\//.test(code) ? 'test' : '.';
}

/** The first TypeScript block under a heading. */
export function snippetUnder(page: string, heading: string): Snippet {
  const start = page.indexOf(`\n## ${heading}\n`);
  const end = page.indexOf('\n## ', start + 1);
  const [found] = snippetsOf(page.slice(start, end < 0 ? undefined : end));
  if (start < 0 || found === undefined) throw new Error(`the page has no example under "${heading}"`);
  return found;
}

/** A module with `charm`, which does what these snippets of a page say: members, or what a reconcile does. */
export function charmOf(snippets: readonly Snippet[]): string {
  const [members, bodies] = [snippets.filter(isMember), snippets.filter((it) => !isMember(it))];
  const reconcile = `reconcile: async (juju) => {\n${bodies.map(({ code }) => `{\n${code}\n}`).join('\n')}\n},`;
  const parts = [...members.map(({ code }) => code), ...(bodies.length === 0 ? [] : [reconcile])];
  return `${PRELUDE}\nexport const charm = defineCharm(spec, {\n${parts.join('\n')}\n});\n`;
}

/** A test file that runs the snippet with that charm. */
export function testOf({ code }: Snippet): string {
  return `${PRELUDE}import { charm } from './page-charm.ts';\n\ntest('it works', async () => {\n${code}\n});\n`;
}
