/** The secrets a hook sees: what it created and changed on top of what there was. */
import { applySecretChange, sameBag, sameGrant } from './commit.ts';
import { quote, refuse } from './refusal.ts';
import type { Bag, HookHost, SecretChange, SecretGrant, SecretView, UnitView } from './view.ts';

/** What `secret-add` and `secret-set` give besides content. */
export type SecretAttributes = Pick<SecretChange, 'label' | 'description' | 'rotate' | 'expire'>;

export type ReadMode = 'tracked' | 'peek' | 'refresh';

interface Update extends SecretAttributes {
  readonly content?: Bag;
}

export class SecretDraft {
  readonly #view: UnitView;
  readonly #host: HookHost;
  readonly #created = new Map<string, 'application' | 'unit'>();
  readonly #updates = new Map<string, Update>();
  readonly #removed = new Map<string, readonly number[] | 'all'>();
  /** The grants of a secret once this hook has touched them. */
  readonly #grants = new Map<string, readonly SecretGrant[]>();
  /** Owned secrets whose new content this hook fetched with --refresh. */
  readonly #refreshed = new Set<string>();
  /** What has taken effect already. */
  readonly #tracked = new Map<string, number>();
  readonly #labels = new Map<string, string>();

  constructor(view: UnitView, host: HookHost) {
    this.#view = view;
    this.#host = host;
  }

  /** @throws Refusal when another secret of this hook has the label. */
  create(owner: 'application' | 'unit', content: Bag, attributes: SecretAttributes): string {
    const { label } = attributes;
    if (
      label !== undefined &&
      [...this.#created.keys()].some((id) => this.#updates.get(id)?.label === label)
    ) {
      refuse(`secret with label ${quote(label)} already exists`);
    }
    const id = this.#host.newSecretId();
    this.#created.set(id, owner);
    this.#updates.set(id, { content, ...attributes });
    return id;
  }

  update(id: string, content: Bag | undefined, attributes: SecretAttributes): void {
    this.#updates.set(id, {
      ...this.#updates.get(id),
      ...attributes,
      ...(content === undefined ? {} : { content }),
    });
    this.#removed.delete(id);
  }

  /** Forgets what the hook wished for the secret before. */
  remove(id: string, revision: number | undefined): void {
    this.#updates.delete(id);
    this.#grants.delete(id);
    this.#refreshed.delete(id);
    if (this.#created.delete(id)) return;
    const before = this.#removed.get(id);
    const all = revision === undefined || before === 'all';
    this.#removed.set(id, all ? 'all' : [...new Set([...(before ?? []), revision])]);
  }

  grants(id: string): readonly SecretGrant[] {
    return this.#grants.get(id) ?? this.#committed(id)?.grants ?? [];
  }

  setGrants(id: string, grants: readonly SecretGrant[]): void {
    this.#grants.set(id, grants);
  }

  /** Secrets this unit may manage, as they would be if the hook ended now. */
  managed(): readonly SecretView[] {
    const owned = this.#view.secrets
      .filter((secret) => isManager(this.#view, secret.owner) && this.#removed.get(secret.id) !== 'all')
      .map((secret) => this.#labelled(secret));
    const created = [...this.#created].map(([id, owner]): SecretView => {
      return { id, owner, revisions: [], readable: true, grants: [] };
    });
    return [...owned, ...created].flatMap(
      (secret) => applySecretChange(secret, this.#change(secret.id)) ?? [],
    );
  }

  /** A secret to be changed. @throws Refusal when this unit may not. */
  mustManage(id: string): SecretView {
    const found = this.managed().find((secret) => secret.id === id);
    if (found !== undefined) return found;
    if (this.#committed(id)?.owner === 'application') refuse('this unit is not the leader');
    return refuse(`secret ${quote(id)} not found`);
  }

  /**
   * Content for `secret-get`, tracking as a side effect. A secret created in this hook answers with what it was
   * given; one updated in this hook only when the latest is asked for.
   *
   * @throws Refusal
   */
  read(id: string | undefined, label: string | undefined, mode: ReadMode): Bag {
    const owned = id ?? this.managed().find((secret) => secret.label === label)?.id;
    const fresh = owned === undefined ? undefined : this.#pendingContent(owned, mode);
    if (owned !== undefined && fresh !== undefined) {
      if (id !== undefined && label !== undefined) this.update(owned, undefined, { label });
      return fresh;
    }
    const secret = this.#find(id, label);
    if (!secret.readable) refuse('permission denied');
    const latest = secret.revisions.at(-1);
    if (latest === undefined) return refuse(`secret ${quote(secret.id)} not found`);
    const tracked = this.#tracked.get(secret.id) ?? secret.tracked;
    const moves = tracked === undefined || mode === 'refresh';
    this.#track(secret, moves ? latest.revision : tracked, id === undefined ? undefined : label);
    if (moves || mode === 'peek') return latest.content;
    return (secret.revisions.find(({ revision }) => revision === tracked) ?? latest).content;
  }

  /** Ready for the commit: no content that equals the latest, grants as a difference. */
  changes(): readonly SecretChange[] {
    const ids = new Set([
      ...this.#created.keys(),
      ...this.#updates.keys(),
      ...this.#grants.keys(),
      ...this.#refreshed,
    ]);
    const changes = [...ids].map((id) => this.#change(id)).filter((change) => Object.keys(change).length > 1);
    const removals = [...this.#removed].flatMap(([id, revisions]): SecretChange[] =>
      revisions === 'all'
        ? [{ id, remove: {} }]
        : revisions.map((revision) => ({ id, remove: { revision } })),
    );
    return [...changes, ...removals];
  }

  #change(id: string): SecretChange {
    const create = this.#created.get(id);
    const { content, ...attributes } = this.#updates.get(id) ?? {};
    const latest = this.#committed(id)?.revisions.at(-1);
    const isNew = content !== undefined && !(latest !== undefined && sameBag(latest.content, content));
    const before = this.#committed(id)?.grants ?? [];
    const grants = this.grants(id).filter((grant) => !before.some((other) => sameGrant(grant, other)));
    const revokes = before.filter((grant) => !this.grants(id).some((other) => sameGrant(grant, other)));
    return {
      id,
      ...(create === undefined ? {} : { create: { owner: create } }),
      ...(isNew ? { content } : {}),
      ...attributes,
      ...(grants.length === 0 ? {} : { grants }),
      ...(revokes.length === 0 ? {} : { revokes }),
      ...(this.#refreshed.has(id) ? { refresh: true } : {}),
    };
  }

  #pendingContent(id: string, mode: ReadMode): Bag | undefined {
    const content = this.#updates.get(id)?.content;
    if (content === undefined || this.#created.has(id)) return content;
    if (mode === 'tracked') return undefined;
    if (mode === 'refresh') this.#refreshed.add(id);
    return content;
  }

  #find(id: string | undefined, label: string | undefined): SecretView {
    const all = this.#view.secrets.map((secret) => this.#labelled(secret));
    const found =
      id !== undefined
        ? all.find((secret) => secret.id === id)
        : (all.find((secret) => secret.label === label) ??
          all.find((secret) => this.#updates.get(secret.id)?.label === label));
    if (found !== undefined) return found;
    return refuse(
      id === undefined ? `consumer label ${quote(label ?? '')} not found` : `secret ${quote(id)} not found`,
    );
  }

  #track(secret: SecretView, revision: number, label: string | undefined): void {
    const moved = revision !== (this.#tracked.get(secret.id) ?? secret.tracked);
    const renamed = label !== undefined && label !== secret.label;
    if (!moved && !renamed) return;
    this.#tracked.set(secret.id, revision);
    if (label !== undefined) this.#labels.set(secret.id, label);
    this.#host.apply({
      kind: 'secret-track',
      id: secret.id,
      ...(moved ? { revision } : {}),
      ...(renamed ? { label } : {}),
    });
  }

  #labelled(secret: SecretView): SecretView {
    const label = this.#labels.get(secret.id);
    return label === undefined ? secret : { ...secret, label };
  }

  #committed(id: string): SecretView | undefined {
    return this.#view.secrets.find((secret) => secret.id === id);
  }
}

function isManager(view: UnitView, owner: SecretView['owner']): boolean {
  return owner === 'unit' || (owner === 'application' && view.leader);
}
