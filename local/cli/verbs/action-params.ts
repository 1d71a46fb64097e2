/** The words after an action's name -> its parameters. */
import { UsageError } from '../errors.ts';
import { isMap, parseYamlText } from './arguments.ts';

const keyPattern = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/**
 * `a.b=1` becomes `{a: {b: 1}}`, over what `base` (a parameter file) holds.
 * Values are YAML unless `asText`. Throws UsageError for a malformed word, CliError for malformed YAML.
 */
export function actionParams(
  words: readonly string[],
  base: Readonly<Record<string, unknown>>,
  asText: boolean,
): Record<string, unknown> {
  let params: Record<string, unknown> = { ...base };
  for (const word of words) {
    const at = word.indexOf('=');
    if (at === -1) throw new UsageError(`argument "${word}" must be of the form key.key.key...=value`);
    const path = word.slice(0, at).split('.');
    const wrong = path.find((key) => !keyPattern.test(key));
    if (wrong !== undefined) {
      throw new UsageError(
        `key "${wrong}" must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens`,
      );
    }
    const text = word.slice(at + 1);
    params = withValue(params, path, asText ? text : parseYamlText(text, `the value of "${path.join('.')}"`));
  }
  return params;
}

function withValue(
  map: Readonly<Record<string, unknown>>,
  [key = '', ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  if (rest.length === 0) return { ...map, [key]: value };
  const inner = map[key];
  return { ...map, [key]: withValue(isMap(inner) ? inner : {}, rest, value) };
}
