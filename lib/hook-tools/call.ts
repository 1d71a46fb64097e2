/** One call of a hook tool: run it, tell its failures apart, parse its JSON at the door. */
import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import {
  PermissionError,
  RelationNotFoundError,
  SecretNotFoundError,
  ToolError,
  ToolOutputError,
} from '../errors.ts';
import { parseJson } from '../json.ts';
import { describeIssue } from '../shapes.ts';
import type { ToolRunner } from './runner.ts';

/** Runs a tool that answers nothing, or whose answer is plain text. */
export async function callText(
  tools: ToolRunner,
  tool: string,
  args: readonly string[],
  stdin?: string,
): Promise<string> {
  const { code, stdout, stderr } = await tools.run(tool, args, stdin);
  if (code !== 0) throw toolError(tool, args, code, stderr, stdin);
  return stdout;
}

/** Runs a tool with `--format=json` and checks the shape of what it prints. */
export async function callJson<T>(
  tools: ToolRunner,
  schema: z.core.$ZodType<T>,
  tool: string,
  args: readonly string[] = [],
): Promise<T> {
  const given = ['--format=json', ...args];
  const text = await callText(tools, tool, given);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new ToolOutputError(tool, given, 'it is not JSON');
  }
  const result = z.safeParse(schema, data);
  if (result.success) return result.data;
  throw new ToolOutputError(tool, given, describeIssue(result.error.issues[0]));
}

/** The same distinctions as ops makes, by the words Juju uses. */
function toolError(
  tool: string,
  args: readonly string[],
  code: number,
  stderr: string,
  stdin: string | undefined,
): ToolError {
  const shown = maskArguments(tool, args);
  const said = withoutValues(stderr, given(args, stdin));
  if (/relation (\d+ )?not found/.test(stderr)) {
    return new RelationNotFoundError(
      tool,
      shown,
      code,
      said,
      'the relation was removed: nothing needs doing',
    );
  }
  if (tool.startsWith('secret-') && /not found/.test(stderr)) {
    return new SecretNotFoundError(
      tool,
      shown,
      code,
      said,
      'check that its owner granted it to this application',
    );
  }
  if (
    /permission denied|not the leader|cannot (write relation settings|access cloud credentials)|access denied/.test(
      stderr,
    )
  ) {
    return new PermissionError(tool, shown, code, said, permissionAdvice(tool));
  }
  return new ToolError(tool, shown, code, said);
}

function permissionAdvice(tool: string): string {
  if (tool === 'credential-get') return 'run juju trust APPLICATION --scope=cluster';
  if (tool.startsWith('secret-')) return 'its owner must grant it: juju grant-secret NAME APPLICATION';
  return 'only the leader unit may do this: ask isLeader() first';
}

/** Shorter values are no secrets, and occur in any text. */
const SHORTEST_HIDDEN = 4;

/** What a tool says may repeat what it was given: values of secrets, results, databags and charm state. */
function withoutValues(text: string, values: readonly string[]): string {
  const hidden = values
    .filter((value) => value.length >= SHORTEST_HIDDEN)
    // As it is, and as Go and JSON quote it; the longest first, for one may hold another.
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
    .toSorted((a, b) => b.length - a.length);
  return hidden.reduce((said, value) => said.replaceAll(value, '…'), text);
}

/** All values in the call: `key=value`, the files of `key#file=path`, and the JSON on standard input. */
function given(args: readonly string[], stdin: string | undefined): readonly string[] {
  const inArguments = args.flatMap((arg) => {
    const [, key = '', value = ''] = /^([^-][^=]*)=(.*)$/s.exec(arg) ?? [];
    return [key.endsWith('#file') ? contentOf(value) : value];
  });
  return [...inArguments, ...Object.values(Object(parseJson(stdin ?? ''))).map(String)];
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // then the tool has not read it either
  }
}

/** Contents of secrets and values for databags never show in an error. */
function maskArguments(tool: string, args: readonly string[]): readonly string[] {
  if (tool !== 'secret-add' && tool !== 'secret-set' && tool !== 'action-set') return args;
  return args.map((arg) => (/^[^-][^=]*=/.test(arg) ? arg.replace(/=.*$/s, '=…') : arg));
}
