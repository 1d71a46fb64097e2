/** Arguments that several verbs take, checked as juju checks them. All throw UsageError. */
import { readFile } from 'node:fs/promises';
import { CliError, UsageError } from '../errors.ts';
import { parseGoYaml } from '../format/go-yaml.ts';
import type { Terminal } from '../terminal.ts';

const application = '[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*';
const unitPattern = new RegExp(`^${application}/(?:0|[1-9][0-9]*)$`);
const unitOrLeaderPattern = new RegExp(`^${application}/(?:0|[1-9][0-9]*|leader)$`);
const applicationPattern = new RegExp(`^${application}$`);

export function isUnit(text: string): boolean {
  return unitPattern.test(text);
}

/** `app/0` or `app/leader`. */
export function isUnitOrLeader(text: string): boolean {
  return unitOrLeaderPattern.test(text);
}

export function applicationOf(unit: string): string {
  return unit.split('/')[0] ?? unit;
}

export function requireApplication(args: readonly string[]): string {
  const [name] = args;
  if (name === undefined) throw new UsageError('no application name specified');
  return checkApplication(name);
}

export function checkApplication(name: string): string {
  if (!applicationPattern.test(name)) throw new UsageError(`invalid application name "${name}"`);
  return name;
}

export function requireUnit(args: readonly string[]): string {
  const [name] = args;
  if (name === undefined) throw new UsageError('no unit specified');
  return checkUnit(name);
}

export function checkUnit(name: string): string {
  if (!unitPattern.test(name)) throw new UsageError(`invalid unit name "${name}"`);
  return name;
}

/** No arguments beyond the first `count`. */
export function atMost(args: readonly string[], count: number): void {
  const rest = args.slice(count);
  if (rest.length > 0)
    throw new UsageError(`unrecognized args: [${rest.map((arg) => `"${arg}"`).join(' ')}]`);
}

/** `a,b` and `c` -> a, b, c. */
export function commaSeparated(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(',')).filter((value) => value !== '');
}

export function splitPair(text: string): [key: string, value: string] | undefined {
  const at = text.indexOf('=');
  return at <= 0 ? undefined : [text.slice(0, at), text.slice(at + 1)];
}

/** A file as text; `-` is standard input. */
export async function readTextFile(path: string, terminal: Terminal): Promise<string> {
  try {
    return path === '-' ? await terminal.readInput() : await readFile(path, 'utf8');
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A YAML file that holds a map. */
export async function readYamlMap(path: string, terminal: Terminal): Promise<Record<string, unknown>> {
  const text = await readTextFile(path, terminal);
  const value = parseYamlText(text, path);
  if (!isMap(value)) throw new CliError(`cannot use ${path}: it must hold a YAML map`);
  return value;
}

/** Throws CliError that says where and why the text is no YAML. */
export function parseYamlText(text: string, where: string): unknown {
  try {
    return parseGoYaml(text);
  } catch (error) {
    throw new CliError(
      `cannot read ${where} as YAML: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
