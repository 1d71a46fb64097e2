/** One namespace of Mimir's ruler, made what a sender's rules say, by difference. */
import type { MimirApi, StoredGroup } from '../mimir-api.ts';
import { MimirRefusedError, MimirUnreachableError, reasonOf } from '../mimir-errors.ts';
import { diffRules } from '../rules-diff.ts';
import { firstLine } from '../text.ts';
import { all, Lanes } from './lanes.ts';
import type { SentGroup, SentRule } from './read.ts';

/** Requests at the same time: measured, more of them are no faster (docs/reference/figures.md). */
const AT_ONCE = 64;
/** Mimir names all bad rules of a group at once; more rounds than this are no use. */
const ROUNDS = 3;

export type RulerApi = Pick<MimirApi, 'rules' | 'setRuleGroup' | 'deleteRuleGroup' | 'deleteRuleNamespace'>;

/** The ruler's groups of one tenant. After the first request that nobody answers, none is sent any more. */
export class Ruler {
  readonly #api: RulerApi;
  readonly #tenant: string;
  readonly #lanes = new Lanes(AT_ONCE, (error) => error instanceof MimirUnreachableError);

  constructor(api: RulerApi, tenant: string) {
    this.#api = api;
    this.#tenant = tenant;
  }

  /** By namespace. @throws MimirError */
  namespaces(): Promise<Readonly<Record<string, readonly StoredGroup[]>>> {
    return this.#lanes.run(() => this.#api.rules(this.#tenant));
  }

  /** @throws MimirError */
  async groups(namespace: string): Promise<readonly StoredGroup[]> {
    return (await this.#lanes.run(() => this.#api.rules(this.#tenant, namespace)))[namespace] ?? [];
  }

  /** @throws MimirError */
  remove(namespace: string): Promise<void> {
    return this.#lanes.run(() => this.#api.deleteRuleNamespace(this.#tenant, namespace));
  }

  /**
   * Makes the namespace hold exactly these groups, without the rules that Mimir refuses.
   * @param present what it holds now.
   * @returns what was refused, and why.
   * @throws MimirError
   */
  async fill(
    namespace: string,
    wanted: readonly SentGroup[],
    present: readonly StoredGroup[],
  ): Promise<readonly string[]> {
    const { added, changed, removed } = diffRules(wanted, present);
    const replaced = new Set(changed.map(({ after }) => after.name));
    const set = [...added, ...changed.map(({ after }) => after)];
    const refused = await all([
      ...set.map((group) => this.#set(namespace, group, replaced.has(group.name))),
      ...removed.map(async ({ name }) => this.#remove(namespace, name)),
    ]);
    return refused.flat();
  }

  async #remove(namespace: string, group: string): Promise<readonly string[]> {
    await this.#lanes.run(() => this.#api.deleteRuleGroup(this.#tenant, namespace, group));
    return [];
  }

  /** Mimir takes a group whole or not at all; so the rules that it names are left out, and the rest sent again. */
  async #set(namespace: string, group: SentGroup, isThere: boolean): Promise<readonly string[]> {
    const problems: string[] = [];
    let rules: readonly SentRule[] = group.rules;
    for (let round = 1; rules.length > 0; round++) {
      const refusal = await this.#trySet(namespace, { ...group, rules });
      if (refusal === undefined) return problems;
      const bad = round === ROUNDS ? new Map<number, string>() : refusedRules(refusal.answer);
      if (bad.size === 0) return [...problems, `group "${firstLine(group.name)}": ${refusal.reason}`];
      for (const [i, reason] of bad)
        problems.push(`group "${firstLine(group.name)}", rule "${nameOf(rules[i])}": ${reason}`);
      rules = rules.filter((_, i) => !bad.has(i));
    }
    if (isThere) await this.#remove(namespace, group.name);
    return problems;
  }

  async #trySet(namespace: string, group: SentGroup): Promise<MimirRefusedError | undefined> {
    try {
      await this.#lanes.run(() => this.#api.setRuleGroup(this.#tenant, namespace, group));
      return undefined;
    } catch (error) {
      if (error instanceof MimirRefusedError) return error;
      throw error;
    }
  }
}

/**
 * Which rules of a group Mimir does not take, and why, from its answer:
 * `1:45: group "node", rule 0, "Down": could not parse expression: …, group "node", rule 2, "Up": …`.
 */
export function refusedRules(answer: string): ReadonlyMap<number, string> {
  const marks = [
    ...answer.matchAll(/(?:, )?(?:\d+:\d+: )*group "(?:[^"\\]|\\.)*", rule (\d+), "(?:[^"\\]|\\.)*": /g),
  ];
  const found = new Map<number, string>();
  for (const [i, mark] of marks.entries()) {
    const [rule, end] = [Number(mark[1]), marks[i + 1]?.index ?? answer.length];
    if (!found.has(rule)) found.set(rule, reasonOf(answer.slice(mark.index + mark[0].length, end)));
  }
  return found;
}

function nameOf(rule: SentRule | undefined): string {
  return firstLine(rule?.alert ?? rule?.record ?? '');
}
