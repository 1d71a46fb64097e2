/** Requests side by side, but not too many of them; and none any more to who does not answer. */
export class Lanes {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  readonly #isLasting: (error: unknown) => boolean;
  #failure: { readonly error: unknown } | undefined;

  /** @param isLasting whether everything that comes after this error would fail in the same way. */
  constructor(count: number, isLasting: (error: unknown) => boolean) {
    this.#free = count;
    this.#isLasting = isLasting;
  }

  /** @throws what the work throws, or what has closed the lanes. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free--;
    try {
      if (this.#failure !== undefined) throw this.#failure.error;
      return await work();
    } catch (error) {
      if (this.#isLasting(error)) this.#failure ??= { error };
      throw error;
    } finally {
      // The place goes to who has waited longest.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/** Waits for all, also when one fails, so that nothing goes on behind the back. @throws the first error. */
export async function all<T>(works: readonly Promise<T>[]): Promise<readonly T[]> {
  const results = await Promise.allSettled(works);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
