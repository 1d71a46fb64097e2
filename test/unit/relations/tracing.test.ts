import { describe, expect, test } from 'vitest';
import { readReceiver, tracingApp } from '../../../relations/tracing.ts';

const offer = (name: string, url: unknown) => ({ protocol: { name, type: 'http' }, url });
const read = (value: unknown) => readReceiver({ receivers: JSON.stringify(value) });

describe('a receiver of traces', () => {
  test('is asked for one protocol', () => {
    expect(tracingApp()).toEqual({ receivers: '["otlp_http"]' });
  });

  test('is found among all that the other side offers', () => {
    const offers = [
      offer('otlp_grpc', 'tempo:4317'),
      offer('otlp_http', 'http://tempo:4318/'),
      offer('zipkin', 'http://tempo:9411'),
    ];
    expect(read(offers)).toEqual({ ok: true, url: 'http://tempo:4318' });
  });

  test.each([
    [[]],
    [[offer('otlp_grpc', 'tempo:4317')]],
    [[7, null, 'otlp_http', { protocol: 'otlp_http' }, {}]],
  ])('is not there yet when %j is offered', (offers) => {
    expect(read(offers)).toEqual({ ok: true });
  });

  test('is not there yet before anything is said', () => {
    expect(readReceiver({})).toEqual({ ok: true });
  });

  test.each([
    ['tempo:4318'],
    ['file:///etc/passwd'],
    ['http://admin:secret@tempo:4318'],
    ['http://tempo:4318/a b'],
    ['http://tempo:4318/?token=secret'],
    [7],
    [undefined],
  ])('at %j is refused, and what it said is not repeated', (url) => {
    const problem = expect.stringMatching(/^url of otlp_http: (?!.*secret)/);
    expect(read([offer('otlp_http', url)])).toEqual({ ok: false, problem });
  });

  test.each([['nonsense'], ['{}'], ['7']])('that says %j is refused', (receivers) => {
    expect(readReceiver({ receivers })).toEqual({ ok: false, problem: 'must be a JSON list' });
  });
});
