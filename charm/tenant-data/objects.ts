/**
 * What there is of a tenant in storage, whoever wrote it: seen with the charm's own eyes, in the bucket or on the
 * unit's own disk, not with Mimir's.
 */
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
  /** The deletion mark is there: Mimir deletes what comes of the tenant. */
  readonly isMarked: boolean;
  /** All others, by their names in the storage, sorted; of very many only some. */
  readonly keys: readonly string[];
}

/** By which Mimir knows that a tenant is to go. It takes it away itself, hours after the last block. */

/** Of what a tenant may have, its name apart: whole folders, and single files. */
interface Places {
  readonly blocks: string;
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/** Names of objects that begin so, or of the one that is called so. */
type Keys = (prefix: string) => Promise<readonly string[]>;

/** The storage of a Mimir, by what it was started with. */
export class TenantStorage {
  readonly #keys: Keys;
  readonly #places: Places;

  private constructor(keys: Keys, config: z.infer<typeof configSchema>) {
    const [blocks, rules, alerts] = [
      config.blocks_storage.storage_prefix,
      config.ruler_storage.storage_prefix,
      config.alertmanager_storage.storage_prefix,
    ];
    this.#keys = keys;
    this.#places = {
      blocks,
      folders: [blocks, `${rules}/rules`, `${alerts}/alertmanager`],
      files: [`${alerts}/alerts`],
    };
  }

  /** Undefined where the charm cannot look: it has no keys to the bucket. */
  static of(
    files: Readonly<Record<string, string>>,
    pebble: Pick<Pebble, 'list'>,
  ): TenantStorage | undefined {
    const storage = runningStorage(files);
    const yaml = readYaml(files[CONFIG_FILE] ?? '');
    const config = configSchema.safeParse(yaml.ok ? yaml.value : undefined);
    if (!config.success || storage === undefined) return undefined;
    const { kind, bucket } = storage;
    if (kind === 'filesystem') return new TenantStorage((prefix) => filesBelow(pebble, prefix), config.data);
    return bucket === undefined ? undefined : new TenantStorage((prefix) => bucket.keys(prefix), config.data);
  }

  /** @throws BucketError, PebbleError */
  async objects(tenant: string): Promise<TenantObjects> {
    const { blocks, folders, files } = this.#places;
    const mark = `${blocks}/${tenant}/${DELETION_MARK}`;
    const listed = await Promise.all([
      ...folders.map((place) => this.#keys(`${place}/${tenant}/`)),
      // Another tenant's name may begin with this one's.
      ...files.map(async (place) =>
        (await this.#keys(`${place}/${tenant}`)).filter((key) => key === `${place}/${tenant}`),
      ),
    ]);
    const keys = listed.flat();
    return { isMarked: keys.includes(mark), keys: keys.filter((key) => key !== mark).toSorted() };
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
