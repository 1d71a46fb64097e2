/** Charm options as `deploy --config` and `config` take them: pairs, files, and values taken from files. */
import { CliError } from '../errors.ts';
import type { Terminal } from '../terminal.ts';
import { isMap, readTextFile, readYamlMap, splitPair } from './arguments.ts';

/** `key=value` or `key=@file` -> the pair with its value as text; undefined when there is no `=`. */
export async function optionPair(
  text: string,
  terminal: Terminal,
): Promise<readonly [string, string] | undefined> {
  const pair = splitPair(text);
  if (pair === undefined) return undefined;
  const [key, value] = pair;
  return [key, value.startsWith('@') ? await readTextFile(value.slice(1), terminal) : value];
}

/**
 * Options of one application from a YAML file. Three forms are understood: a map of options, such maps by
 * application name, and what `config` prints.
 */
export async function optionsFromFile(
  path: string,
  application: string | undefined,
  terminal: Terminal,
): Promise<Record<string, string>> {
  const map = await readYamlMap(path, terminal);
  const own = application === undefined ? undefined : map[application];
  if (isMap(own)) return asText(own, path);
  if (isMap(map.settings)) return asText(settingValues(map.settings), path);
  const [only, ...others] = Object.values(map);
  // Before the charm is read its name is not known: a map with one map inside can only be that application's.
  if (application === undefined && isMap(only) && others.length === 0) return asText(only, path);
  return asText(map, path);
}

/** What `config` prints of each option; those that nobody set stay unset. */
function settingValues(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, setting]) =>
      isMap(setting) && setting.source !== 'default' && setting.value !== undefined
        ? [[key, setting.value]]
        : [],
    ),
  );
}

function asText(options: Record<string, unknown>, path: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => {
      switch (typeof value) {
        case 'string':
          return [key, value];
        case 'number':
        case 'boolean':
          return [key, String(value)];
        default:
          throw new CliError(
            `cannot set option "${key}" from ${path}: its value must be text, a number or a boolean`,
          );
      }
    }),
  );
}
