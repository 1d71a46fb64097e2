import { constants } from 'node:os';
import { PebbleError } from './errors.ts';

/** Pebble takes signals by their names; a number is one of this machine's. */
export function signalName(signal: string | number): string {
  if (typeof signal === 'string') return signal;
  const found = Object.entries(constants.signals).find(([, number]) => number === signal);
  if (found === undefined) throw new PebbleError(`there is no signal ${signal}; give its name, as "SIGHUP"`);
  return found[0];
}
