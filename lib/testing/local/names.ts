/** A model gives its own numbers to relations and its own ids to secrets: a test's names for them, and back. */
import type { Bag } from '../../jujuc/index.ts';
import type { RelationState, State } from '../state.ts';

/** Above what a test gives, for relations that it does not name: a charm's peers. */
const UNNAMED = 10_000;

export class Names {
  /** A test's bare id to the model's. */
  readonly #secrets = new Map<string, string>();
  /** `s3:0` of the model to `s3:4` of the test. */
  readonly #relations = new Map<string, number>();

  nameSecret(id: string, live: string): void {
    this.#secrets.set(id, live);
  }

  secret(id: string): string | undefined {
    return this.#secrets.get(id);
  }

  /** A text of the test's for the model: URIs of secrets. */
  outward(text: string): string {
    return [...this.#secrets].reduce((result, [id, live]) => result.replaceAll(id, live), text);
  }

  outwardBag(bag: Bag): Record<string, string> {
    return Object.fromEntries(Object.entries(bag).map(([key, value]) => [key, this.outward(value)] as const));
  }

  /** The model's relations under the test's ids. */
  learn(live: readonly RelationState[], wanted: readonly RelationState[]): void {
    for (const relation of live) {
      const name = `${relation.endpoint}:${relation.id}`;
      const same = wanted.find(
        (each) => each.endpoint === relation.endpoint && each.remoteApp === relation.remoteApp,
      );
      this.#relations.set(name, same?.id ?? this.#relations.get(name) ?? UNNAMED + relation.id);
    }
  }

  /** A state of the model's in the test's names. */
  inward(state: State): State {
    const id = (endpoint: string, live: number) => this.#relations.get(`${endpoint}:${live}`) ?? live;
    const ids = new Map(
      state.relations.map((relation) => [relation.id, id(relation.endpoint, relation.id)] as const),
    );
    // Whole parts of the state, whose texts are renamed and whose shape stays.
    const { relations, secrets, ...rest } = this.text(state) as State;
    return {
      ...rest,
      relations: relations.map((relation) => ({ ...relation, id: ids.get(relation.id) ?? relation.id })),
      secrets: secrets.map((secret) => ({
        ...secret,
        grants: secret.grants.map((grant) => ({
          ...grant,
          relationId: ids.get(grant.relationId) ?? grant.relationId,
        })),
      })),
    };
  }

  /** Every text in the value: ids of secrets, and `s3:0` where a message names a relation. */
  text(value: unknown): unknown {
    if (typeof value === 'string') return this.#inwardText(value);
    if (Array.isArray(value)) return value.map((item) => this.text(item));
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.text(item)] as const));
  }

  #inwardText(text: string): string {
    const named = [...this.#secrets].reduce((result, [id, live]) => result.replaceAll(live, id), text);
    return named.replace(/\b([a-z][a-z0-9-]*):(\d+)\b/g, (whole, endpoint: string) => {
      const number = this.#relations.get(whole);
      return number === undefined ? whole : `${endpoint}:${number}`;
    });
  }
}
