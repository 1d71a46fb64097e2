import { request } from 'undici';

/**
 * When the process behind the URL was started: another value, another process.
 * @throws when nobody answers within seconds.
 */
export async function startTime(url: string): Promise<string> {
  const { body } = await request(`${url}/metrics?name[]=process_start_time_seconds`, {
    headersTimeout: 5_000,
    bodyTimeout: 5_000,
  });
  const [, time] = /^process_start_time_seconds (.*)$/m.exec(await body.text()) ?? [];
  if (time === undefined) throw new Error(`${url} says nothing of its start`);
  return time;
}
