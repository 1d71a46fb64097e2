#!/usr/bin/env node
/** `charmwright VERB …`. A verb is one file in verbs/ and one line in verbs.ts. */
import { CharmwrightError } from '../errors.ts';
import { UsageError } from './verb.ts';
import { VERBS } from './verbs.ts';

process.exitCode = await main(process.argv.slice(2));

/** @returns 0, 1 when it failed, 2 when the words were not understood, or what the verb says. */
async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') return say(overview());
  try {
    const verb = await verbOf(name);
    if (asksForHelp(args)) return say(`usage: charmwright ${name} ${verb.usage}\n\n${verb.details}\n`);
    return await verb.run(args);
  } catch (error) {
    const misspelt = error instanceof UsageError || isFromParseArgs(error);
    if (!misspelt && !(error instanceof CharmwrightError)) throw error;
    const advice = misspelt && Object.hasOwn(VERBS, name) ? `; see charmwright ${name} --help` : '';
    process.stderr.write(`charmwright: ${error.message}${advice}\n`);
    return misspelt ? 2 : 1;
  }
}

function overview(): string {
  const width = Math.max(...Object.keys(VERBS).map((name) => name.length));
  const lines = Object.entries(VERBS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}\n`);
  return `usage: charmwright VERB …\n\n${lines.join('')}\n\`charmwright VERB --help\` tells more.\n`;
}

async function verbOf(name: string) {
  const entry = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (entry === undefined) {
    throw new UsageError(`there is no verb "${name}"; there are: ${Object.keys(VERBS).join(', ')}`);
  }
  return entry.load();
}

/** Words after `--` are the verb's own. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const own = end === -1 ? args : args.slice(0, end);
  return own.includes('--help') || own.includes('-h');
}

/** `parseArgs` has no class of its own for what it refuses. */
function isFromParseArgs(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}
