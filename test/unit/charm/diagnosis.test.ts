import { expect, test } from 'vitest';
import { diagnose } from '../../../charm/diagnosis.ts';

/** Lines of the real Mimir. */
const RETRY =
  'ts=2026-11-21T09:52:20Z caller=sanity_check.go:115 level=warn msg="Unable to successfully connect to configured object storage (will retry)"';
const refused = `${RETRY} err="3 errors: blocks storage: unable to successfully send a request to object storage: Get \\"http://127.0.0.1:1/cos/?location=\\": dial tcp 127.0.0.1:1: connect: connection refused; ruler storage: unable"`;
const denied = `${RETRY} err="blocks storage: unable to successfully send a request to object storage: Access Denied."`;
const noBucket = `${RETRY} err="blocks storage: unable to successfully send a request to object storage: The specified bucket does not exist; ruler storage: x"`;
const found = 'ts=2026-11-21T09:53:20Z level=info msg="Object storage config successfully checked"';
const noJoin =
  'level=error component=memberlist msg="failed to fast-join the memberlist cluster at startup" err="joined 0"';
const dirs =
  'ts=2026 level=error msg="Unable to access directory" err="ingester: failed to write to directory /data/tsdb: permission denied"';
const dependent =
  'level=error msg="module failed" module=querier err="failed to start querier, because it depends on module server"';
const last =
  'level=error msg="error running application" err="failed services\\ngithub.com/grafana/mimir/pkg/mimir.(*Mimir).Run"';

test('object storage that does not answer is something that may pass, told without its URL', () => {
  expect(diagnose([refused])).toEqual({
    kind: 'object-storage',
    lasting: false,
    cause: 'Get "(URL)": dial tcp 127.0.0.1:1: connect: connection refused',
  });
});

test.each([
  [denied, 'Access Denied.'],
  [noBucket, 'The specified bucket does not exist'],
])('object storage that refuses needs somebody to act', (line, cause) => {
  expect(diagnose([found, noJoin, line, dependent, last])).toEqual({
    kind: 'object-storage',
    lasting: true,
    cause,
  });
});

test('object storage that was found after all is no cause any more', () => {
  expect(diagnose([refused, denied, found])).toBeUndefined();
});

test('another error is told, not what followed from it', () => {
  expect(diagnose([noJoin, dirs, dependent, last])).toEqual({
    kind: 'error',
    cause: 'Unable to access directory: ingester: failed to write to directory /data/tsdb: permission denied',
  });
});

test('a log without errors tells nothing', () => expect(diagnose([found, noJoin, ''])).toBeUndefined());
