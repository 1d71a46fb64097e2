/** The ruler's configuration as Mimir's API shows it, in memory. What Mimir thinks of rules is asked of the real one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';
import * as z from 'zod/mini';

const PATH = '/prometheus/config/v1/rules';
const groupShape = z.looseObject({
  name: z.string(),
  rules: z.array(z.looseObject({ alert: z.optional(z.string()), expr: z.string() })),
});
type Group = z.infer<typeof groupShape>;
const holdingShape = z.array(z.tuple([z.string(), z.array(groupShape)]));
type Holding = z.infer<typeof holdingShape>;

export class FakeRuler {
  readonly namespaces = new Map<string, Map<string, Group>>();
  /** Every question so far: `POST node`, `DELETE node/group`. */
  readonly requests: string[] = [];
  /** Answers to the next questions instead of doing what they ask. */
  failure: { readonly status: number; readonly body: string } | undefined;

  /** Whether the question is the ruler's. */
  takes(url: string | undefined): boolean {
    return url?.startsWith(PATH) ?? false;
  }

  /** Names of groups with their expressions, by namespace. */
  get expressions(): Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> {
    const ofGroups = (groups: ReadonlyMap<string, Group>) =>
      Object.fromEntries([...groups].map(([name, { rules }]) => [name, rules.map(({ expr }) => expr)]));
    return Object.fromEntries([...this.namespaces].map(([name, groups]) => [name, ofGroups(groups)]));
  }

  /** Questions since the last time. */
  asked(): readonly string[] {
    return this.requests.splice(0);
  }

  /** All that it holds, as data. */
  read(): Holding {
    return [...this.namespaces].map(([name, groups]) => [name, [...groups.values()]]);
  }

  /** Holds what `read` gave. */
  write(holding: unknown): void {
    this.namespaces.clear();
    for (const [name, groups] of holdingShape.parse(holding))
      this.namespaces.set(name, new Map(groups.map((group) => [group.name, group])));
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const parts = (request.url ?? '').slice(PATH.length).split('/').slice(1).map(decodeURIComponent);
    this.requests.push([request.method, parts.join('/')].join(' ').trim());
    const { status, body: said } = this.failure ?? this.#do(request.method, parts, body);
    response.writeHead(status).end(said);
  }

  #do(method: string | undefined, [namespace, group]: readonly string[], body: string) {
    if (method === 'GET' || namespace === undefined) return { status: 200, body: this.#listing(namespace) };
    const groups = this.namespaces.get(namespace) ?? new Map<string, Group>();
    if (method === 'POST') {
      const given = groupShape.parse(JSON.parse(body));
      const refusal = refusalOf(given);
      if (refusal !== '') return { status: 400, body: refusal };
      this.namespaces.set(namespace, groups.set(given.name, given));
    } else if (group === undefined) {
      if (!this.namespaces.delete(namespace)) return { status: 404, body: 'group namespace does not exist' };
    } else {
      groups.delete(group);
      if (groups.size === 0) this.namespaces.delete(namespace);
    }
    return { status: 202, body: '{"status":"success"}' };
  }

  #listing(only: string | undefined): string {
    const shown = [...this.namespaces].filter(([name]) => only === undefined || name === only);
    return stringify(Object.fromEntries(shown.map(([name, groups]) => [name, [...groups.values()]])));
  }
}

/** In Mimir's words, for the one fault that it knows. */
function refusalOf({ name, rules }: Group): string {
  const faults = rules.flatMap(({ alert = '', expr }, i) =>
    expr.includes('nofunc')
      ? [
          `1:9: group ${JSON.stringify(name)}, rule ${i}, ${JSON.stringify(alert)}: could not parse expression: 1:1: parse error: unknown function with name "nofunc"`,
        ]
      : [],
  );
  return faults.join(', ');
}
