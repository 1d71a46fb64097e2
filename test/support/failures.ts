/** What went wrong in a long run of requests, told so that a failed assertion is enough to understand it. */

/** Whole numbers that differ from one failure to the next: ports, times, identities. */
const NUMBERS = /\d{5,}/g;
const LONGEST = 300;

interface Kind {
  count: number;
  /** In seconds since it all began. */
  first: number;
  last: number;
}

export class Failures {
  readonly #began = performance.now();
  readonly #kinds = new Map<string, Kind>();

  add(what: string): void {
    const text = what.replaceAll(NUMBERS, 'N').trim().slice(0, LONGEST);
    const now = (performance.now() - this.#began) / 1000;
    const known = this.#kinds.get(text);
    this.#kinds.set(text, {
      count: (known?.count ?? 0) + 1,
      first: known?.first ?? now,
      last: now,
    });
  }

  /** All of them, each as often as it was. */
  get count(): number {
    return [...this.#kinds.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** Each different one once, in the order of their first time: `151 from 12.31 to 12.49 s: GET /: other side closed`. */
  told(isMeant: (what: string) => boolean = () => true): readonly string[] {
    return [...this.#kinds]
      .filter(([text]) => isMeant(text))
      .map(([text, { count, first, last }]) => {
        const when =
          count === 1 ? `at ${first.toFixed(2)}` : `from ${first.toFixed(2)} to ${last.toFixed(2)}`;
        return `${count} ${when} s: ${text}`;
      });
  }
}
