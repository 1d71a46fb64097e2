/** What the bench tells its load generator, which runs in the model's network, and what that answers: JSON, a line each. */
import * as z from 'zod';

const settings = {
  /** Of Mimir's units, `http://10.87.1.2:9009`. */
  urls: z.array(z.string()),
  series: z.int(),
};

export const orderShape = z.discriminatedUnion('kind', [
  /** Waits until every unit says that it is ready, and that it sees all of them. */
  z.object({ kind: z.literal('ready'), ...settings }),
  /** A sample of each series for each minute of so many hours, until all that is old of it lies in the bucket. */
  z.object({ kind: z.literal('history'), ...settings, hours: z.int() }),
  /** So many requests, as fast as they are acknowledged. */
  z.object({ kind: z.literal('push'), ...settings, requests: z.int() }),
  /** Writers and readers at a given pace. */
  z.object({
    kind: z.literal('mixed'),
    ...settings,
    seconds: z.number(),
    pushesPerSecond: z.number(),
    queriesPerSecond: z.number(),
    /** Over so many; 0: over the last minutes. */
    hours: z.int(),
  }),
  /** What each unit's processor is busy with for so long, in a file each for `go tool pprof`. */
  z.object({ kind: z.literal('profile'), ...settings, seconds: z.number(), files: z.string() }),
]);
export type Order = z.infer<typeof orderShape>;

export const resultShape = z.object({
  seconds: z.number(),
  /** Acknowledged. */
  samples: z.int(),
  /** Milliseconds of each request, from when it was due. */
  pushes: z.array(z.number()),
  queries: z.array(z.number()),
  /** Requests that were sent again, because a unit failed at them. */
  retried: z.int(),
  /** What was never answered with 200; none of it counts above. */
  failures: z.array(z.string()),
});
export type Result = z.infer<typeof resultShape>;
