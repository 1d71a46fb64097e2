/** A line of the model's log, its level in juju's colour. */
import { type Paint, paint, render } from './table.ts';

const paints: Readonly<Record<string, Paint>> = {
  DEBUG: 'green',
  INFO: 'blueBright',
  WARNING: 'yellow',
  ERROR: 'red',
  CRITICAL: 'red',
};

/** `unit-app-0: 10:00:00 INFO module text`; a line of another form, as the rest of a long message, stays as it is. */
export function colorLogLine(line: string): string {
  const match = /^(\S+: \S+ )(DEBUG|INFO|WARNING|ERROR|CRITICAL)( .*)$/.exec(line);
  const [, before = '', level = '', after = ''] = match ?? [];
  const name = paints[level];
  return name === undefined ? line : `${before}${render(paint(name, level), true)}${after}`;
}
