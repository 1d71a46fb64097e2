/** One call of a hook tool: run it, tell its failures apart, parse its JSON at the door. */
import type { z } from 'zod';
import {
  PermissionError,
  RelationNotFoundError,
  SecretNotFoundError,
  ToolError,
  ToolOutputError,
} from '../errors.ts';
import type { ToolRunner } from './runner.ts';

/** Runs a tool that answers nothing, or whose answer is plain text. */
export async function callText(
  tools: ToolRunner,
  tool: string,
  args: readonly string[],
  stdin?: string,
): Promise<string> {
  const { code, stdout, stderr } = await tools.run(tool, args, stdin);
  if (code !== 0) throw toolError(tool, args, code, stderr);
  return stdout;
}

/** Runs a tool with `--format=json` and checks the shape of what it prints. */
export async function callJson<T>(
  tools: ToolRunner,
  schema: z.ZodType<T>,
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
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ToolOutputError(
    tool,
    given,
    `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'not as expected'}`,
  );
}

/** The same distinctions as ops makes, by the words Juju uses. */
function toolError(tool: string, args: readonly string[], code: number, stderr: string): ToolError {
  const shown = maskArguments(tool, args);
  if (/relation (\d+ )?not found/.test(stderr)) {
    return new RelationNotFoundError(
      tool,
      shown,
      code,
      stderr,
      'the relation was removed: nothing needs doing',
    );
  }
  if (tool.startsWith('secret-') && /not found/.test(stderr)) {
    return new SecretNotFoundError(
      tool,
      shown,
      code,
      stderr,
      'check that its owner granted it to this application',
    );
  }
  if (
    /permission denied|not the leader|cannot (write relation settings|access cloud credentials)|access denied/.test(
      stderr,
    )
  ) {
    return new PermissionError(tool, shown, code, stderr, permissionAdvice(tool));
  }
  return new ToolError(tool, shown, code, stderr);
}

function permissionAdvice(tool: string): string {
  if (tool === 'credential-get') return 'run juju trust APPLICATION --scope=cluster';
  if (tool.startsWith('secret-')) return 'its owner must grant it: juju grant-secret NAME APPLICATION';
  return 'only the leader unit may do this: ask isLeader() first';
}

/** Contents of secrets and values for databags never show in an error. */
function maskArguments(tool: string, args: readonly string[]): readonly string[] {
  if (tool !== 'secret-add' && tool !== 'secret-set' && tool !== 'action-set') return args;
  return args.map((arg) => (/^[^-][^=]*=/.test(arg) ? arg.replace(/=.*$/s, '=…') : arg));
}
