/** Which bed a test runs on, and where the local model finds what it needs: all by environment variables. */

/** Tests run in process unless it is `local`. */
const BED = 'CHARMWRIGHT_BED';

/**
 * Whether the tests run against the local model: for what only one of the two can show.
 *
 * @example
 * test.skipIf(onLocalModel)('a hook that is killed is run again', async () => { … });
 */
export const onLocalModel: boolean = process.env[BED] === 'local';

/** What the local model is made with. */
export interface LocalSettings {
  /** The folder of packed charms, `NAME_ARCH.charm`, or unpacked as `NAME`; `CHARMWRIGHT_CHARMS`, or `dist`. */
  readonly charms: string;
  /** By name of the resource: a folder, a file, or `none`; `CHARMWRIGHT_RESOURCES`, such as `web-image=./image`. */
  readonly resources: Readonly<Record<string, string>>;
  /** `juju-local`, with words that always go with it; `CHARMWRIGHT_JUJU_LOCAL`. */
  readonly command: readonly string[];
  /** How long the model may take to come to rest; `CHARMWRIGHT_BED_SECONDS`, or 120. */
  readonly seconds: number;
}

export function localSettings(env: NodeJS.ProcessEnv = process.env): LocalSettings {
  const pairs = (env.CHARMWRIGHT_RESOURCES ?? '').split(',').filter((pair) => pair.includes('='));
  return {
    charms: env.CHARMWRIGHT_CHARMS ?? 'dist',
    resources: Object.fromEntries(
      pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const),
    ),
    command: (env.CHARMWRIGHT_JUJU_LOCAL ?? 'juju-local').split(/\s+/),
    seconds: Number(env.CHARMWRIGHT_BED_SECONDS ?? 120),
  };
}
