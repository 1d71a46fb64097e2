/** Statuses a charm may show, and which of several wins. */
import type { StatusName } from '../hook-tools/unit.ts';

/** What `juju status` shows for a unit or an application. */
export interface Status {
  readonly name: StatusName;
  readonly message: string;
}

/** The workload runs. */
export function active(message = ''): Status {
  return { name: 'active', message };
}

/** A person must act; the message says what to run. */
export function blocked(message: string): Status {
  return { name: 'blocked', message };
}

/** The charm waits for something that comes by itself. */
export function waiting(message: string): Status {
  return { name: 'waiting', message };
}

/** The charm is at work. */
export function maintenance(message: string): Status {
  return { name: 'maintenance', message };
}

/** Worst first, the order ops uses. */
const PRECEDENCE: readonly StatusName[] = ['blocked', 'maintenance', 'waiting', 'active'];

/** The status that wins; the first given wins among equals. Undefined when there is none. */
export function worst(statuses: readonly Status[]): Status | undefined {
  return statuses.toSorted((a, b) => PRECEDENCE.indexOf(a.name) - PRECEDENCE.indexOf(b.name))[0];
}
