/** A span for each hook tool: what was asked for is named, what was sent or answered is not. */
import type { ToolResult, ToolRunner } from '../hook-tools/runner.ts';
import type { SpanAttributes, Tracer } from '../model/tracer.ts';

/**
 * Tools whose words are names: of endpoints, keys, units, bindings, storage, ports, secrets' ids. The words of all
 * others may be values, so they are left out.
 */
const NAMING: ReadonlySet<string> = new Set([
  'action-get',
  'application-version-set',
  'close-port',
  'config-get',
  'goal-state',
  'is-leader',
  'network-get',
  'open-port',
  'opened-ports',
  'relation-get',
  'relation-ids',
  'relation-list',
  'relation-model-get',
  'resource-get',
  'secret-get',
  'secret-grant',
  'secret-ids',
  'secret-info-get',
  'secret-remove',
  'secret-revoke',
  'state-delete',
  'state-get',
  'storage-add',
  'storage-get',
  'storage-list',
]);

/** Flags with names for values, where they are words of their own. */
const NAMING_FLAGS: ReadonlySet<string> = new Set([
  '-r',
  '--relation',
  '-s',
  '--file',
  '--label',
  '--owner',
  '--unit',
  '--revision',
  '--rotate',
  '--expire',
]);

const SHOWN_VALUES = /^--(format|application|app)=/;

/** Logging says nothing about what a dispatch does, and would double the spans of one that talks. */
const UNSEEN: ReadonlySet<string> = new Set(['juju-log', 'action-log']);

export function tracedTools(tracer: Tracer, tools: ToolRunner): ToolRunner {
  return {
    run(tool, args, stdin) {
      const run = () => tools.run(tool, args, stdin);
      if (UNSEEN.has(tool)) return run();
      return tracer.span(tool, toolAttributes(tool, args), run, toolFailure);
    },
  };
}

export function toolAttributes(tool: string, args: readonly string[]): SpanAttributes {
  return { argv: shownArguments(tool, args) };
}

/** What it wrote to stderr may quote what it was given, so that only its code is told. */
export function toolFailure({ code }: ToolResult): string | undefined {
  return code === 0 ? undefined : `exit code ${code}`;
}

/** `relation-set -r db:4 --app --file -`, without what may be a value. */
export function shownArguments(tool: string, args: readonly string[]): readonly string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const shown = args.filter((word, i) => {
    if (i < end && isFlag(word)) return true;
    if (i > 0 && i < end && NAMING_FLAGS.has(args[i - 1] ?? '')) return true;
    return NAMING.has(tool) || (tool === 'status-set' && i === args.findIndex((each) => !isFlag(each)));
  });
  return [tool, ...shown.map((word) => (SHOWN_VALUES.test(word) ? word : word.replace(/=.*$/s, '=…')))];
}

/** A dash alone is a word: all keys, or standard input. */
function isFlag(word: string): boolean {
  return /^(-[a-z]|--[a-z][a-z-]*(=.*)?)$/s.test(word);
}
