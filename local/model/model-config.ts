/** The model's own configuration: the few keys that mean something here, with Juju's names and defaults. */
import { Refusal } from './refusal.ts';

export const MODEL_DEFAULTS: Readonly<Record<string, string>> = {
  'automatically-retry-hooks': 'true',
  /** Juju takes no less than a minute; trying a charm is nicer with less. */
  'update-status-hook-interval': '5m',
  /** How long a unit leads whose agent does not renew it. Juju's is a minute, and nobody's to change. */
  'leadership-lease': '1m',
  'juju-http-proxy': '',
  'juju-https-proxy': '',
  'juju-ftp-proxy': '',
  'juju-no-proxy': '127.0.0.1,localhost,::1',
};

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A Go duration such as `1h30m`, in milliseconds; undefined when it is none. */
export function parseInterval(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, number = '0', unit = 's'] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
    total += Number(number) * (UNITS_MS[unit] ?? 0);
  return total;
}

export function modelConfig(set: Readonly<Record<string, string>>): Record<string, string> {
  return { ...MODEL_DEFAULTS, ...set };
}

/** In milliseconds. */
export function leaseDuration(set: Readonly<Record<string, string>>): number {
  return parseInterval(modelConfig(set)['leadership-lease'] ?? '') ?? 60_000;
}

const INTERVALS = ['update-status-hook-interval', 'leadership-lease'];

/** Throws Refusal for a key or value that this model does not understand. */
export function checkModelConfig(values: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(values)) {
    if (MODEL_DEFAULTS[key] === undefined)
      throw new Refusal(`key "${key}" is not defined in the current model configuration`);
    if (key === 'automatically-retry-hooks' && value !== 'true' && value !== 'false')
      throw new Refusal(`${key}: expected bool, got string("${value}")`);
    if (INTERVALS.includes(key) && !parseInterval(value))
      throw new Refusal(`${key}: expected a duration such as 5m, got "${value}"`);
  }
}
