/** Secrets this unit reads, and those it or its application owns. */
import { NotAllowedError, SecretNotFoundError } from '../errors.ts';
import type { RelationRef } from '../hook-tools/relation.ts';
import type { ToolRunner } from '../hook-tools/runner.ts';
import {
  type SecretAttributes,
  type SecretContent,
  type SecretInfo,
  secretAdd,
  secretGet,
  secretGrant,
  secretInfo,
  secretRemove,
  secretRevoke,
  secretSet,
} from '../hook-tools/secret.ts';

/** How Juju names a secret: at least three characters, lower case, single hyphens. */
const CONTENT_KEY = /^([a-z](?:-?[a-z0-9]){2,})$/;

/** Secrets of this unit and its application, and those that others have granted to it. */
export class Secrets {
  readonly #tools: ToolRunner;

  constructor(tools: ToolRunner) {
    this.#tools = tools;
  }

  /**
   * Content of the revision this unit tracks; `latest` moves to the newest one and tracks that.
   * @throws SecretNotFoundError or PermissionError (not granted).
   */
  read(id: string, which: 'tracked' | 'latest' = 'tracked'): Promise<SecretContent> {
    return secretGet(this.#tools, { id }, which === 'latest' ? 'refresh' : 'tracked');
  }

  /** Content of the newest revision, without tracking it. */
  peek(id: string): Promise<SecretContent> {
    return secretGet(this.#tools, { id }, 'peek');
  }

  /**
   * Newest content of a secret that this unit or its application owns, by its label. Unlike `owned`, it is open to
   * all units of the application, not to the leader alone.
   */
  async content(label: string): Promise<SecretContent | undefined> {
    try {
      return await secretGet(this.#tools, { label }, 'peek');
    } catch (error) {
      if (error instanceof SecretNotFoundError) return undefined;
      throw error;
    }
  }

  /** A secret that this unit or its application owns, by the label it was given. */
  async owned(label: string): Promise<SecretInfo | undefined> {
    try {
      return await secretInfo(this.#tools, { label });
    } catch (error) {
      if (error instanceof SecretNotFoundError) return undefined;
      throw error;
    }
  }

  /**
   * Creates the owned secret of this label, or gives it this content; equal content makes no new revision.
   * @returns its URI, to publish in a databag.
   */
  async put(
    owner: 'application' | 'unit',
    label: string,
    content: SecretContent,
    attributes: Omit<SecretAttributes, 'label'> = {},
  ): Promise<string> {
    checkContent(label, content);
    const known = await this.owned(label);
    if (known === undefined) return secretAdd(this.#tools, owner, content, { ...attributes, label });
    const current = await secretGet(this.#tools, { id: known.id }, 'peek');
    if (!sameContent(current, content)) await secretSet(this.#tools, known.id, content, attributes);
    return known.id.startsWith('secret:') ? known.id : `secret:${known.id}`;
  }

  /** Lets the other side of a relation read it: the application, or one unit. */
  grant(id: string, relation: RelationRef, unit?: string): Promise<void> {
    return secretGrant(this.#tools, id, relation, unit);
  }

  revoke(id: string, relation: RelationRef, unit?: string): Promise<void> {
    return secretRevoke(this.#tools, id, relation, unit);
  }

  /** One revision, or all of it. */
  remove(id: string, revision?: number): Promise<void> {
    return secretRemove(this.#tools, id, revision);
  }
}

function checkContent(label: string, content: SecretContent): void {
  const keys = Object.keys(content);
  if (keys.length === 0) throw new NotAllowedError(`cannot store secret "${label}": it has no keys`);
  const bad = keys.filter((key) => !CONTENT_KEY.test(key));
  if (bad.length === 0) return;
  throw new NotAllowedError(
    `cannot store secret "${label}": Juju does not accept the key ${bad.map((k) => `"${k}"`).join(', ')}; use at least 3 lower-case letters, digits and single hyphens`,
  );
}

function sameContent(a: SecretContent, b: SecretContent): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
