/** One who writes and one who reads, all the time, through units in turn, as behind a Kubernetes service; and a count of what they met. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MimirApi } from '../../charm/mimir-api.ts';
import { query } from '../../demo/query.ts';
import { Failures } from './failures.ts';
import { remoteWrite } from './remote-write.ts';

export const SERIES = 10;
const PAUSE_MS = 150;

export interface Seen {
  /** Samples that Mimir has taken. */
  acknowledged: number;
  /** Samples that no unit took, although each was asked; they were sent again. */
  refused: number;
  answers: number;
  /** Queries that no unit answered. */
  unanswered: number;
  /** Requests that went to another unit because the first did not take them: a service does so, and senders retry. */
  repeated: number;
  /** Milliseconds: the longest time in which no sample was taken, and the longest in which no query was answered. */
  longestWithoutWrites: number;
  longestWithoutAnswers: number;
  /** Answers in which samples were missing that had been acknowledged before it was asked. */
  readonly incomplete: string[];
  readonly words: Failures;
}

export class ConstantLoad implements AsyncDisposable {
  readonly seen: Seen = {
    acknowledged: 0,
    refused: 0,
    answers: 0,
    unanswered: 0,
    repeated: 0,
    longestWithoutWrites: 0,
    longestWithoutAnswers: 0,
    incomplete: [],
    words: new Failures(),
  };
  /** Of the units, without a path. */
  urls: readonly string[];
  readonly #metric: string;
  readonly #asksAnyone: boolean;
  readonly #queriers: readonly string[];
  readonly #loops: Promise<void>;
  #ended = false;
  #turn = 0;
  readonly #began = Date.now();
  #lastTaken = Date.now();
  #lastAnswered = Date.now();

  /**
   * @param asksAnyone also those that are not ready, as no service does: Mimir's own rules do.
   * @param queriers that are asked besides, and take no writes.
   */
  constructor(
    urls: readonly string[],
    {
      metric = 'load',
      asksAnyone = false,
      queriers = [],
    }: {
      readonly metric?: string;
      readonly asksAnyone?: boolean;
      readonly queriers?: readonly string[];
    } = {},
  ) {
    this.urls = urls;
    this.#metric = metric;
    this.#asksAnyone = asksAnyone;
    this.#queriers = queriers;
    this.#loops = Promise.all([this.#loop(() => this.#write()), this.#loop(() => this.#read())]).then(
      () => undefined,
    );
  }

  /** The longest times are counted from now on. */
  beginAnew(): void {
    this.seen.longestWithoutWrites = 0;
    this.seen.longestWithoutAnswers = 0;
  }

  /** For people. */
  told(what: string): string {
    const { acknowledged, answers, incomplete, words } = this.seen;
    const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
    return [
      `${what}: no writes taken for ${seconds(this.seen.longestWithoutWrites)}, no answers for ${seconds(this.seen.longestWithoutAnswers)}`,
      `  so far ${acknowledged} samples taken, ${answers} answers, ${incomplete.length} of them incomplete`,
      ...words.told().map((word) => `  ${word}`),
    ].join('\n');
  }

  async end(): Promise<Seen> {
    this.#ended = true;
    await this.#loops;
    return this.seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  /** Samples that a query finds through one unit. */
  async count(url: string): Promise<number> {
    const [found] = await query(
      `${url}/prometheus`,
      `sum(count_over_time(${this.#metric}[2h]))`,
      Date.now() + 1000,
    );
    return Number(found?.points[0]?.[1] ?? 0);
  }

  async #loop(once: () => Promise<void>): Promise<void> {
    while (!this.#ended) {
      await once();
      await sleep(PAUSE_MS);
    }
  }

  async #write(): Promise<void> {
    const timestamp = Date.now();
    // Those that differed in their last letter only would all go to one ingester.
    const series = Array.from({ length: SERIES }, (_, i) => ({
      labels: { __name__: this.#metric, series: `${i} of the load` },
      samples: [{ value: 1, timestamp }],
    }));
    const write = () =>
      this.#anywhere('write', this.urls, async (url) => {
        await remoteWrite(`${url}/api/v1/push`, series);
        return true;
      });
    // As senders do, until it is taken.
    while ((await write()) === undefined && !this.#ended) {
      this.seen.refused += SERIES;
      await sleep(PAUSE_MS);
    }
    this.seen.acknowledged += SERIES;
    const now = Date.now();
    this.seen.longestWithoutWrites = Math.max(this.seen.longestWithoutWrites, now - this.#lastTaken);
    this.#lastTaken = now;
  }

  async #read(): Promise<void> {
    const acknowledged = this.seen.acknowledged;
    const urls = [...this.urls, ...this.#queriers];
    const answer = await this.#anywhere('read', urls, async (url) => ({ url, count: await this.count(url) }));
    if (answer === undefined) {
      this.seen.unanswered += 1;
      return;
    }
    this.seen.answers += 1;
    const now = Date.now();
    this.seen.longestWithoutAnswers = Math.max(this.seen.longestWithoutAnswers, now - this.#lastAnswered);
    this.#lastAnswered = now;
    if (answer.count < acknowledged)
      this.seen.incomplete.push(
        `${((now - this.#began) / 1000).toFixed(2)} s: ${answer.count} of ${acknowledged} through ${urls.indexOf(answer.url)}`,
      );
  }

  /** Each unit once, beginning with another one each time. */
  async #anywhere<T>(
    what: string,
    urls: readonly string[],
    ask: (url: string) => Promise<T>,
  ): Promise<T | undefined> {
    this.#turn += 1;
    for (let i = 0; i < urls.length; i += 1) {
      const url = urls[(this.#turn + i) % urls.length] ?? '';
      try {
        // A service sends nobody to a pod that is not ready.
        if (!this.#asksAnyone && !(await new MimirApi(url).ready()).ready) throw new Error('not ready');
        return await ask(url);
      } catch (error) {
        this.seen.repeated += 1;
        this.seen.words.add(
          `${what}: ${String(error)
            .replaceAll(/[\d.:]{7,}/g, 'N')
            .slice(0, 160)}`,
        );
      }
    }
    return undefined;
  }
}
