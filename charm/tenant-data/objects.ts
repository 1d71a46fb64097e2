/**
 * What there is of a tenant in storage, whoever wrote it: seen with the charm's own eyes, in the bucket or on the
 * unit's own disk, not with Mimir's.
 */
import { parseJson } from 'charmwright';
import { PathError, type Pebble } from 'charmwright/pebble';
import * as z from 'zod/mini';
import { DELETION_MARK, runningStorage } from '../drain/bucket.ts';
import { CONFIG_FILE, DIRS } from '../plan/paths.ts';
import { readYaml } from '../yaml-text.ts';

const folder = z.object({ storage_prefix: z.string() });
const configSchema = z.object({
  blocks_storage: folder,
  ruler_storage: folder,
  alertmanager_storage: folder,
});

export interface TenantObjects {
  /**
   * The deletion mark is there, by which Mimir knows that a tenant is to go: it deletes what comes of the tenant. It takes
   * the mark away itself, hours after the last block.
   */
  readonly isMarked: boolean;
  /** All others, by their names in the storage, sorted; of very many only some. */
  readonly keys: readonly string[];
}

const markSchema = z.object({ deletion_time: z.int().check(z.gte(0), z.lte(1e11)) });

/** Of what a tenant may have, its name apart: whole folders, and single files. */
interface Places {
  readonly blocks: string;
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/** Names of objects that begin so, or of the one that is called so. */
type Keys = (prefix: string) => Promise<readonly string[]>;

interface Access {
  readonly keys: Keys;
  /** Undefined when it is not there. */
  readonly text: (key: string) => Promise<string | undefined>;
}

/** The storage of a Mimir, by what it was started with. */
export class TenantStorage {
  readonly #access: Access;
  readonly #places: Places;

  private constructor(access: Access, config: z.infer<typeof configSchema>) {
    const [blocks, rules, alerts] = [
      config.blocks_storage.storage_prefix,
      config.ruler_storage.storage_prefix,
      config.alertmanager_storage.storage_prefix,
    ];
    this.#access = access;
    this.#places = {
      blocks,
      folders: [blocks, `${rules}/rules`, `${alerts}/alertmanager`],
      files: [`${alerts}/alerts`],
    };
  }

  /** Undefined where the charm cannot look: it has no keys to the bucket. */
  static of(
    files: Readonly<Record<string, string>>,
    pebble: Pick<Pebble, 'list' | 'pull'>,
  ): TenantStorage | undefined {
    const storage = runningStorage(files);
    const yaml = readYaml(files[CONFIG_FILE] ?? '');
    const config = configSchema.safeParse(yaml.ok ? yaml.value : undefined);
    if (!config.success || storage === undefined) return undefined;
    const { kind, bucket } = storage;
    if (kind === 'filesystem') {
      const keys: Keys = (prefix) => filesBelow(pebble, prefix);
      return new TenantStorage({ keys, text: (key) => textOf(pebble, key) }, config.data);
    }
    if (bucket === undefined) return undefined;
    const keys: Keys = (prefix) => bucket.keys(prefix);
    return new TenantStorage({ keys, text: (key) => bucket.text(key) }, config.data);
  }

  /** @throws BucketError, PebbleError */
  async objects(tenant: string): Promise<TenantObjects> {
    const { folders, files } = this.#places;
    const mark = this.#mark(tenant);
    const listed = await Promise.all([
      ...folders.map((place) => this.#access.keys(`${place}/${tenant}/`)),
      // Another tenant's name may begin with this one's.
      ...files.map(async (place) =>
        (await this.#access.keys(`${place}/${tenant}`)).filter((key) => key === `${place}/${tenant}`),
      ),
    ]);
    const keys = listed.flat();
    return { isMarked: keys.includes(mark), keys: keys.filter((key) => key !== mark).toSorted() };
  }

  /** In milliseconds since 1970. Undefined without a mark that can be read. @throws BucketError, PebbleError */
  async markedAt(tenant: string): Promise<number | undefined> {
    const read = z.safeParse(markSchema, parseJson((await this.#access.text(this.#mark(tenant))) ?? ''));
    return read.success ? read.data.deletion_time * 1000 : undefined;
  }

  #mark(tenant: string): string {
    return `${this.#places.blocks}/${tenant}/${DELETION_MARK}`;
  }
}

async function textOf(pebble: Pick<Pebble, 'pull'>, key: string): Promise<string | undefined> {
  try {
    return (await pebble.pull(`${DIRS.store}/${key}`)).toString('utf8');
  } catch (error) {
    if (error instanceof PathError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

async function filesBelow(pebble: Pick<Pebble, 'list'>, prefix: string): Promise<readonly string[]> {
  const path = `${DIRS.store}/${prefix}`;
  const isFolder = prefix.endsWith('/');
  try {
    const found = await pebble.list(isFolder ? path.slice(0, -1) : path, { itself: !isFolder });
    const keys = found.map(({ path: each, type }) => {
      const key = each.slice(DIRS.store.length + 1);
      return type === 'directory' ? filesBelow(pebble, `${key}/`) : [key];
    });
    return (await Promise.all(keys)).flat();
  } catch (error) {
    if (error instanceof PathError && error.kind === 'not-found') return [];
    throw error;
  }
}
