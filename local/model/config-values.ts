/** Config option values: text from the operator to the option's type, and the values a charm sees. */
import { createHash } from 'node:crypto';
import { Refusal } from './refusal.ts';
import type { Application, Spec } from './state.ts';

export type ConfigValue = string | number | boolean;
type Option = Spec['config'][string];

/** `juju config app k=v`: every value parsed by its option's type. Throws Refusal for the first wrong one. */
export function parseSettings(
  spec: Spec,
  values: Readonly<Record<string, string>>,
): Record<string, ConfigValue> {
  const parsed: Record<string, ConfigValue> = {};
  for (const [name, text] of Object.entries(values)) {
    const option = spec.config[name];
    if (option === undefined) throw new Refusal(`unknown option "${name}"`);
    parsed[name] = parseSetting(name, option, text);
  }
  return parsed;
}

function parseSetting(name: string, option: Option, text: string): ConfigValue {
  const wrong = () => new Refusal(`option "${name}" expected ${option.type}, got ${JSON.stringify(text)}`);
  switch (option.type) {
    case 'string':
      return text;
    case 'secret':
      if (text !== '' && !text.startsWith('secret:')) throw wrong();
      return text;
    case 'int': {
      if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(Number(text))) throw wrong();
      return Number(text);
    }
    case 'float': {
      const value = Number(text);
      if (text.trim() === '' || Number.isNaN(value)) throw wrong();
      return value;
    }
    case 'boolean': {
      // The spellings that Go's strconv.ParseBool takes.
      if (/^(1|t|T|true|True|TRUE)$/.test(text)) return true;
      if (/^(0|f|F|false|False|FALSE)$/.test(text)) return false;
      throw wrong();
    }
  }
}

/** What `config-get` shows: the operator's value, else the default; options with neither are absent. */
export function configValues(spec: Spec, application: Application): Record<string, ConfigValue> {
  const values: Record<string, ConfigValue> = {};
  for (const [name, option] of Object.entries(spec.config)) {
    const value = application.config[name] ?? option.default;
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** `config-changed` is due when this differs from the hash at its last run: config, trust and addresses. */
export function configHash(spec: Spec, application: Application, address: string): string {
  const values = Object.entries(configValues(spec, application)).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([values, application.trust, address]))
    .digest('hex');
}
