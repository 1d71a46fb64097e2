/**
 * A sender and a reader that never stop, and their books: a sample counts from its acknowledgement on. Whatever is done to
 * Mimir meanwhile, in the end every acknowledged sample must be there with its value.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { expect } from 'vitest';
import { query, seriesIn } from '../../demo/query.ts';
import { encodeWriteRequest } from './remote-write.ts';

const SERIES = 20;
const TURN_MS = 500;
const METRIC = 'endured';
/**
 * Mimir's hash leaves it to the last letters of a series alone where it goes when nothing follows them: those that differ
 * there only would all go to one ingester.
 */
const seriesName = (i: number) => `${i} of the load`;
/** As senders do: what is refused with 5xx, or not answered at all, is sent again. */
const AGAIN_MS = 500;
const PATIENCE_MS = 15_000;
const ASK_AGAIN_MS = 2000;

interface Turn {
  /** Of its samples, one for each series, in milliseconds since 1970. */
  readonly time: number;
  readonly base: number;
  acknowledged?: number;
}

/** What came of it. */
export interface Report {
  readonly written: number;
  readonly acknowledged: number;
  readonly readBack: number;
  /** Acknowledged, and not there or with another value. */
  readonly lost: number;
  /** Of all that was acknowledged, over the whole time, and as Mimir counts and adds it up. */
  readonly sum: number;
  readonly counted: number;
  readonly addedUp: number;
  /** Requests that the sender had to send again. */
  readonly sentAgain: number;
  readonly queries: number;
  readonly failedQueries: number;
  /** Of these: failed once more two seconds later, when somebody would have looked again. */
  readonly failedTwice: number;
  /** Answered, with less than had been acknowledged by then. */
  readonly incompleteQueries: number;
  readonly seconds: number;
}

export interface Told {
  readonly at: number;
  readonly what: string;
}

export class Endurance {
  /** Each failure and each gap, for whoever looks for their cause. */
  readonly told: Told[] = [];
  #url: string;
  readonly #begun = Date.now();
  readonly #turns: Turn[] = [];
  #sentAgain = 0;
  #queries = 0;
  #failed = 0;
  #failedTwice = 0;
  #incomplete = 0;
  #ended = false;
  #givenUp = false;
  #senderEnded = false;
  readonly #running: Promise<unknown>;

  /** @param url of the application: a service in front of its units. */
  constructor(url: string) {
    this.#url = url;
    this.#running = Promise.all([this.#send(), this.#ask()]);
    // Told at the end.
    this.#running.catch(() => undefined);
  }

  /** All of that, a line for each. */
  get story(): string {
    return this.told.map(({ at, what }) => `${at} s: ${what}`).join('\n');
  }

  /** From the next request on, as clients do that are told another address. */
  moveTo(url: string): void {
    this.#url = url;
  }

  tell(what: string): void {
    this.told.push({ at: Math.round((Date.now() - this.#begun) / 1000), what });
  }

  /** Ends both, whatever is not acknowledged. */
  giveUp(): void {
    this.#ended = true;
    this.#givenUp = true;
  }

  /** Ends both, when all that was written is acknowledged, and reads everything back. */
  async end(): Promise<Report> {
    this.#ended = true;
    await this.#running;
    const { found, lost } = await this.#readBack();
    const taken = this.#turns.filter((turn) => turn.acknowledged !== undefined);
    const acknowledged = taken.length * SERIES;
    return {
      written: this.#turns.length * SERIES,
      acknowledged,
      readBack: found,
      lost,
      sum: taken.reduce((sum, { base }) => sum + SERIES * base + (SERIES * (SERIES - 1)) / 2, 0),
      counted: await this.#over('count_over_time'),
      addedUp: await this.#over('sum_over_time'),
      sentAgain: this.#sentAgain,
      queries: this.#queries,
      failedQueries: this.#failed,
      failedTwice: this.#failedTwice,
      incompleteQueries: this.#incomplete,
      seconds: Math.round((Date.now() - this.#begun) / 1000),
    };
  }

  /** One turn after the other, as one shard of a remote write does; a turn is sent until it is acknowledged. */
  async #send(): Promise<void> {
    for (let base = 1; !this.#ended; base += SERIES) {
      const turn: Turn = { time: Date.now(), base };
      this.#turns.push(turn);
      while (!(await this.#push(turn))) {
        if (this.#givenUp) break;
        this.#sentAgain += 1;
        await sleep(AGAIN_MS);
      }
      if (!this.#givenUp) turn.acknowledged = Date.now();
      await sleep(Math.max(0, turn.time + TURN_MS - Date.now()));
    }
    this.#senderEnded = true;
  }

  async #push({ time, base }: Turn): Promise<boolean> {
    const series = Array.from({ length: SERIES }, (_, i) => ({
      labels: { __name__: METRIC, series: seriesName(i) },
      samples: [{ timestamp: time, value: base + i }],
    }));
    try {
      const { statusCode, body } = await request(`${this.#url}/api/v1/push`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
        body: encodeWriteRequest(series),
        headersTimeout: PATIENCE_MS,
        bodyTimeout: PATIENCE_MS,
        // Each to any unit.
        reset: true,
      });
      const text = await body.text();
      if (statusCode === 200) return true;
      this.tell(`write ${statusCode}: ${text.slice(0, 160).trim()}`);
      if (statusCode >= 400 && statusCode < 500 && statusCode !== 429)
        throw new Error(`Mimir refuses a sample for good: ${text}`);
      return false;
    } catch (error) {
      if (!(error instanceof Error) || error.message.startsWith('Mimir refuses')) throw error;
      this.tell(`write: ${error.message}`);
      return false;
    }
  }

  /** Counts all samples so far, again and again. */
  async #ask(): Promise<void> {
    while (!this.#senderEnded) {
      const now = Date.now();
      // Of the turn under way some samples may be there.
      const known = this.#turns.filter(({ acknowledged }) => acknowledged !== undefined);
      const expected = known.length * SERIES;
      const end = known.at(-1)?.time;
      if (end !== undefined) await this.#count(end, expected);
      await sleep(Math.max(0, now + TURN_MS - Date.now()));
    }
  }

  async #count(end: number, expected: number): Promise<void> {
    this.#queries += 1;
    if (await this.#isAnswered(end, expected)) return;
    this.#failed += 1;
    await sleep(ASK_AGAIN_MS);
    if (!(await this.#isAnswered(end, expected))) this.#failedTwice += 1;
  }

  async #isAnswered(end: number, expected: number): Promise<boolean> {
    try {
      const count = await this.#over('count_over_time', end);
      if (count < expected) {
        this.#incomplete += 1;
        this.tell(`query: ${count} of ${expected}`);
      }
      return true;
    } catch (error) {
      this.tell(`query: ${String(error).slice(0, 200)}`);
      return false;
    }
  }

  /** All samples from the first one on. */
  async #over(what: 'count_over_time' | 'sum_over_time', end = this.#turns.at(-1)?.time ?? this.#begun) {
    const seconds = Math.ceil((end - this.#begun) / 1000) + 1;
    const [found] = await this.#query(`sum(${what}(${METRIC}[${seconds}s]))`, end);
    return found?.points[0]?.[1] ?? 0;
  }

  async #query(expression: string, time: number) {
    const parameters = new URLSearchParams({ query: expression, time: `${time / 1000}` });
    const { statusCode, body } = await request(`${this.#url}/prometheus/api/v1/query?${parameters}`, {
      headersTimeout: PATIENCE_MS,
      bodyTimeout: PATIENCE_MS,
      reset: true,
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${statusCode}: ${text.trim()}`);
    return seriesIn(text);
  }

  /** Every sample, one by one. */
  async #readBack(): Promise<{ readonly found: number; readonly lost: number }> {
    const there = new Map<string, number>();
    const last = this.#turns.at(-1)?.time ?? this.#begun;
    const window = 120_000;
    for (let end = last; end > this.#begun - window; end -= window) {
      for (const { labels, points } of await query(
        `${this.#url}/prometheus`,
        `${METRIC}[${window / 1000}s]`,
        end,
      ))
        for (const [time, value] of points) there.set(`${labels.series} ${Math.round(time * 1000)}`, value);
    }
    const wanted = this.#turns
      .filter(({ acknowledged }) => acknowledged !== undefined)
      .flatMap(({ time, base }) =>
        Array.from({ length: SERIES }, (_, i) => [`${seriesName(i)} ${time}`, base + i] as const),
      );
    const lost = wanted.filter(([key, value]) => there.get(key) !== value).length;
    return { found: wanted.length - lost, lost };
  }
}

/** For people. */
export function described(name: string, report: Report): string {
  const { written, acknowledged, readBack, lost, sum, counted, addedUp, sentAgain } = report;
  const { queries, failedQueries, failedTwice, incompleteQueries, seconds } = report;
  return [
    `${name} (${seconds} s)`,
    `  samples: ${written} written, ${acknowledged} acknowledged, ${readBack} read back one by one, ${lost} lost`,
    `  Mimir counts ${counted} of ${acknowledged} and adds up ${addedUp} of ${sum}`,
    `  writes: ${sentAgain} sent again`,
    `  queries: ${queries}, of them ${failedQueries} failed (${failedTwice} again 2 s later), ${incompleteQueries} incomplete`,
  ].join('\n');
}

/** What must be so whatever was done; else all is told that was met on the way. */
export function expectNothingLost(
  { story }: Pick<Endurance, 'story'>,
  report: Report,
  more: Partial<Report> = { incompleteQueries: 0 },
): void {
  const { acknowledged, sum } = report;
  const whole = { lost: 0, readBack: acknowledged, counted: acknowledged, addedUp: sum };
  expect(report, story).toMatchObject({ ...whole, ...more });
}
