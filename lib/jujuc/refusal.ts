/** How a hook tool says no. Exit code 2: wrong flags or arguments; 1: anything that failed while running. */

export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: 1 | 2;
  constructor(code: 1 | 2, message: string) {
    super(message);
    this.code = code;
  }
}

/** Thrown by a tool that reads standard input when the caller has not offered it yet. */
export class StdinNeeded extends Error {
  override name = 'StdinNeeded';
}

export function misused(message: string): never {
  throw new Refusal(2, message);
}

export function refuse(message: string): never {
  throw new Refusal(1, message);
}

/** Go's `%q`, which all of Juju's messages use. */
export function quote(text: string): string {
  return JSON.stringify(text);
}
