/** Our rules about logs find the lines that they are about: lines as Mimir and Go write them. */
import { describe, expect, test } from 'vitest';
import { logGroups } from '../../../monitoring/rules.ts';

const AT = 'ts=2026-11-26T03:27:22.42Z caller=main.go:232 ';
const LINES: Readonly<Record<string, readonly string[]>> = {
  MimirPanics: [
    'panic: runtime error: invalid memory address or nil pointer dereference',
    'fatal error: concurrent map writes',
    'http: panic serving 10.1.0.9:40112: boom',
  ],
  MimirOutOfMemory: [
    'fatal error: runtime: out of memory',
    `${AT}level=error msg="compaction failed" err="mmap: cannot allocate memory"`,
  ],
  MimirVolumeFails: [
    `${AT}level=error msg="WAL append" err="write /data/tsdb/wal/00000001: no space left on device"`,
    `${AT}level=error err="open /data/tsdb/x: read-only file system"`,
  ],
  MimirBucketErrors: [
    `${AT}level=warn msg="Unable to successfully connect to configured object storage (will retry)" err="blocks storage: The Access Key Id you provided does not exist in our records."`,
    `${AT}level=error component=cleaner msg="failed to discover owned users" err="failed to discover users from bucket: dial tcp 127.0.0.1:44297: connect: connection refused"`,
  ],
  MimirStartsAgainAndAgain: [
    `${AT}level=info msg="Starting application" version="(version=3.0.5, branch=HEAD, revision=aced80d74930)"`,
  ],
  MimirLogsErrors: [`${AT}level=error msg="unable to sync rules" err="context canceled"`],
};
const HARMLESS = [
  `${AT}level=info msg="server listening on addresses" http=127.78.90.6:9009 grpc=127.78.90.6:9095`,
  `${AT}level=info msg="cleaned up blocks for user" user=anonymous component=bucket-index`,
  `${AT}level=info msg=starting module=active-groups-cleanup-service`,
  `${AT}level=info component=memberlist msg="memberlist fast-join starting" nodes_found=0 to_join=0`,
];

/** The filters behind the selector, as Loki applies them: all must fit. */
function filtersOf(expr: string): (line: string) => boolean {
  const filters = [...expr.matchAll(/(\|=|\|~) `([^`]*)`/g)].map(([, operator, text = '']) =>
    operator === '|=' ? (line: string) => line.includes(text) : (line: string) => new RegExp(text).test(line),
  );
  return (line) => filters.every((fits) => fits(line));
}

const rules = (await logGroups()).flatMap((group) => group.rules);

test('each rule is tried here', () => {
  expect(rules.map(({ alert }) => alert).toSorted()).toEqual(Object.keys(LINES).toSorted());
});

describe.each(rules)('$alert', ({ alert, expr }) => {
  const fits = filtersOf(expr);
  test.each(LINES[alert] ?? [])('counts: %s', (line) => expect(fits(line)).toBe(true));
  test.each(HARMLESS)('does not count: %s', (line) => expect(fits(line)).toBe(false));
});
