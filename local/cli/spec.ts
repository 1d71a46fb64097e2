/**
 * What a verb is, as data: its words, flags and examples. The parser, `help` and the reference page all read
 * the same specs, so that they cannot drift apart. Nothing here does anything.
 */

interface FlagText {
  /** One letter, given as `-n`. */
  readonly short?: string;
  /** What it does, one line. */
  readonly summary: string;
}

export type FlagSpec =
  | (FlagText & { readonly kind: 'boolean' })
  | (FlagText & { readonly kind: 'string'; readonly value: string; readonly default?: string })
  /** May be repeated; absent is the empty list. */
  | (FlagText & { readonly kind: 'strings'; readonly value: string })
  | (FlagText & { readonly kind: 'integer'; readonly value: string; readonly default?: number })
  /** Go's notation (`90s`, `1m30s`); the value is milliseconds. */
  | (FlagText & { readonly kind: 'duration'; readonly value: string; readonly default?: string })
  | (FlagText & { readonly kind: 'choice'; readonly choices: readonly string[]; readonly default: string });

export type Flags = Readonly<Record<string, FlagSpec>>;

export const groups = [
  'Applications',
  'Configuration',
  'Observation',
  'Operation',
  'Secrets',
  'Model',
  'Local',
] as const;
export type Group = (typeof groups)[number];

export interface Example {
  readonly command: string;
  /** Said before the command, one line. */
  readonly note?: string;
}

export interface VerbSpec {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly group: Group;
  /** One line, without a full stop. */
  readonly summary: string;
  /** The arguments as the usage line shows them: `<application> [<key>]`. */
  readonly args: string;
  /** Paragraphs, each one string; plain text that is also valid Markdown. */
  readonly details: readonly string[];
  readonly flags: Flags;
  readonly examples: readonly Example[];
  readonly seeAlso?: readonly string[];
  /** Words after the first argument are that command's own, flags among them (`exec`, `ssh`). */
  readonly passThrough?: boolean;
}

type FlagValue<F extends FlagSpec> = F extends { kind: 'boolean' }
  ? boolean
  : F extends { kind: 'strings' }
    ? readonly string[]
    : F extends { kind: 'choice'; choices: readonly (infer C)[] }
      ? C
      : F extends { kind: 'integer' | 'duration' }
        ? F extends { default: number | string }
          ? number
          : number | undefined
        : F extends { default: string }
          ? string
          : string | undefined;

/** The flags of one verb after parsing, each with the type its spec gives it. */
export type FlagValues<F extends Flags> = { readonly [K in keyof F]: FlagValue<F[K]> };

/** Keeps the literal types of a spec while it is checked. */
export function verb<const S extends VerbSpec>(spec: S): S {
  return spec;
}

/** Flags every verb has. */
export const globalFlags = {
  'model-dir': {
    kind: 'string',
    value: 'DIR',
    summary: 'Folder that holds the model (default .juju-local, or JUJU_LOCAL_DIR)',
  },
  help: { kind: 'boolean', short: 'h', summary: 'Show help on the command' },
} as const satisfies Flags;
