/** Secrets this unit reads, and those it or its application owns. */
import { NotAllowedError, SecretNotFoundError } from '../errors.ts';
import type { RelationRef } from '../hook-tools/relation.ts';
import type { ToolRunner } from '../hook-tools/runner.ts';
import {
  type RotatePolicy,
  type SecretContent,
  type SecretInfo,
  secretAdd,
  secretGet,
  secretGrant,
  secretIds,
  secretInfo,
  secretRemove,
  secretRevoke,
  secretSet,
} from '../hook-tools/secret.ts';

/** How Juju names a secret's keys: at least three characters, lower case, single hyphens. */
const CONTENT_KEY = /^([a-z](?:-?[a-z0-9]){2,})$/;

/** What can be said of a secret besides its content. What is set can be changed, and never taken back. */
export interface SecretSettings {
  readonly description?: string;
  /** Juju sends `secret-rotate` so often. */
  readonly rotate?: RotatePolicy;
  /** A moment, or milliseconds from now. Juju sends `secret-expired` then. */
  readonly expire?: Date | number;
}

/** A secret by its URI, by its label, or by its URI with the label it is to have from now on. */
export type SecretName =
  | string
  | { readonly id: string; readonly label?: string }
  | { readonly label: string };

/** Secrets of this unit and its application, and those that others have granted to it. */
export class Secrets {
  readonly #tools: ToolRunner;
  readonly #model: string;
  readonly #reads = new Map<string, Promise<SecretContent>>();

  /** `model`: the UUID of the model, which a bare id is of. @internal */
  constructor(tools: ToolRunner, model: string) {
    this.#tools = tools;
    this.#model = model;
  }

  /**
   * Content of the revision this unit tracks; `latest` moves to the newest one and tracks that. Asked for once in a
   * dispatch. A label given beside the id is the reader's own name for the secret from then on.
   * @throws SecretNotFoundError or PermissionError (not granted).
   */
  async read(name: SecretName, which: 'tracked' | 'latest' = 'tracked'): Promise<SecretContent> {
    const where = this.#where(name);
    const key = JSON.stringify([where, which]);
    const known = this.#reads.get(key);
    const content = known ?? secretGet(this.#tools, where, which === 'latest' ? 'refresh' : 'tracked');
    if (which === 'latest') this.#reads.delete(JSON.stringify([where, 'tracked']));
    this.#reads.set(key, content);
    return { ...(await content) };
  }

  /** Content of the newest revision, without tracking it. */
  peek(name: SecretName): Promise<SecretContent> {
    return secretGet(this.#tools, this.#where(name), 'peek');
  }

  /**
   * Newest content of a secret that this unit or its application owns, by its label. Unlike `owned`, it is open to
   * all units of the application, not to the leader alone.
   */
  async content(label: string): Promise<SecretContent | undefined> {
    return orUndefined(secretGet(this.#tools, { label }, 'peek'));
  }

  /** A secret that this unit or its application owns, by the label it was given. */
  async owned(label: string): Promise<SecretInfo | undefined> {
    return orUndefined(this.info({ label }));
  }

  /** What Juju knows about a secret that this unit or its application owns. @throws SecretNotFoundError */
  info(name: SecretName): Promise<SecretInfo> {
    const { id, label } = this.#where(name);
    return secretInfo(this.#tools, id === undefined ? { label: label ?? '' } : { id });
  }

  /** Bare ids of the secrets that this unit may manage; an application's are the leader's. */
  ids(): Promise<readonly string[]> {
    return secretIds(this.#tools);
  }

  /**
   * Creates a secret, whether or not there is one like it. `put` is nearly always better.
   * @returns its URI.
   * @throws NotAllowedError for a content that Juju would refuse; PermissionError for the application's as follower.
   */
  add(
    owner: 'application' | 'unit',
    content: SecretContent,
    settings: SecretSettings & { readonly label?: string } = {},
  ): Promise<string> {
    checkContent(settings.label ?? 'without label', content);
    const { label } = settings;
    return secretAdd(this.#tools, owner, content, {
      ...attributes(settings),
      ...(label !== undefined && { label }),
    });
  }

  /**
   * Creates the owned secret of this label, or gives it this content and these settings. Equal content makes no new
   * revision; older revisions are removed when nobody reads them any more.
   * @returns its URI, to publish in a databag.
   */
  async put(
    owner: 'application' | 'unit',
    label: string,
    content: SecretContent,
    settings: SecretSettings = {},
  ): Promise<string> {
    checkContent(label, content);
    const known = await this.owned(label);
    if (known === undefined) return this.add(owner, content, { ...settings, label });
    const current = await this.peek({ id: known.id });
    const news = changedSettings(known, settings);
    const isSame = sameContent(current, content);
    if (!isSame) await this.#set(known.id, content, settings);
    else if (news !== undefined) await this.#set(known.id, undefined, news);
    return toUri(known.id);
  }

  /**
   * A new revision of an owned secret, when the content differs from the newest.
   * @throws NotAllowedError, SecretNotFoundError, PermissionError
   */
  async setContent(id: string, content: SecretContent): Promise<void> {
    checkContent(id, content);
    if (!sameContent(await this.peek(id), content)) await this.#set(id, content, {});
  }

  /** Another label, description, rotation or expiry for an owned secret. No new revision. */
  async setInfo(id: string, settings: SecretSettings & { readonly label?: string }): Promise<void> {
    if (Object.values(settings).every((value) => value === undefined)) {
      throw new NotAllowedError(
        `cannot change secret ${id}: nothing to change is given; give a label, description, rotate or expire`,
      );
    }
    await this.#set(id, undefined, settings);
  }

  /** Lets the other side of a relation read it: the application, or one unit. */
  grant(id: string, relation: RelationRef, unit?: string): Promise<void> {
    return secretGrant(this.#tools, this.#uri(id), relation, unit);
  }

  /** Takes a grant back. */
  revoke(id: string, relation: RelationRef, unit?: string): Promise<void> {
    return secretRevoke(this.#tools, this.#uri(id), relation, unit);
  }

  /** One revision, or all of it. */
  remove(id: string, revision?: number): Promise<void> {
    return secretRemove(this.#tools, this.#uri(id), revision);
  }

  async #set(
    id: string,
    content: SecretContent | undefined,
    settings: SecretSettings & { readonly label?: string },
  ): Promise<void> {
    const { label } = settings;
    await secretSet(this.#tools, this.#uri(id), content, {
      ...attributes(settings),
      ...(label !== undefined && { label }),
    });
  }

  #where(name: SecretName): { readonly id?: string; readonly label?: string } {
    if (typeof name === 'string') return { id: this.#uri(name) };
    return 'id' in name ? { ...name, id: this.#uri(name.id) } : name;
  }

  /** A URI as it is; a bare id becomes the URI of a secret of this model. */
  #uri(id: string): string {
    const text = id.trim();
    if (text.startsWith('secret:')) return text;
    return this.#model === '' ? `secret:${text}` : `secret://${this.#model}/${text}`;
  }
}

/** The part of a secret's URI that tells it from others: `secret://uuid/abc` and `secret:abc` are `abc`. */
export function secretId(uri: string): string {
  return uri
    .trim()
    .replace(/^secret:/, '')
    .replace(/^.*\//, '');
}

function toUri(id: string): string {
  return id.startsWith('secret:') ? id : `secret:${id}`;
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SecretNotFoundError) return undefined;
    throw error;
  }
}

function attributes({ description, rotate, expire }: SecretSettings) {
  return {
    ...(description !== undefined && { description }),
    ...(rotate !== undefined && { rotate }),
    ...(expire !== undefined && { expire: expire instanceof Date ? expire : new Date(Date.now() + expire) }),
  };
}

/** What of the settings differs from what Juju has. An expiry counted from now differs each time: it is set with new content. */
function changedSettings(known: SecretInfo, settings: SecretSettings): SecretSettings | undefined {
  const { description, rotate, expire } = settings;
  const news: SecretSettings = {
    ...(description !== undefined && description !== (known.description ?? '') && { description }),
    ...(rotate !== undefined && rotate !== (known.rotation ?? 'never') && { rotate }),
    ...(expire instanceof Date && expire.getTime() !== Date.parse(known.expiry ?? '') && { expire }),
  };
  return Object.keys(news).length === 0 ? undefined : news;
}

function checkContent(name: string, content: SecretContent): void {
  const keys = Object.keys(content);
  if (keys.length === 0) throw new NotAllowedError(`cannot store secret "${name}": it has no keys`);
  const bad = keys.filter((key) => !CONTENT_KEY.test(key));
  if (bad.length > 0) {
    throw new NotAllowedError(
      `cannot store secret "${name}": Juju does not accept the key ${bad.map((k) => `"${k}"`).join(', ')}; use at least 3 lower-case letters, digits and single hyphens`,
    );
  }
  const notText = keys.filter((key) => typeof content[key] !== 'string');
  if (notText.length > 0) {
    throw new NotAllowedError(
      `cannot store secret "${name}": the value of ${notText.map((k) => `"${k}"`).join(', ')} is not text`,
    );
  }
}

function sameContent(a: SecretContent, b: SecretContent): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
