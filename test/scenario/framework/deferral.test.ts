/** Events that are deferred, as ops defers them: who is called again, when, and with what. */
import { type CustomEvent, definePart } from 'charmwright';
import { relation, state } from 'charmwright/testing';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { charm } from './charms.ts';

/** Writes down who was called with what, and defers while `isDue` says so. */
function twoObservers(seen: string[], isDue: (observer: string) => boolean) {
  const part = definePart({
    name: 'watcher',
    on: {
      'config-changed': (juju, event) => {
        seen.push('watcher');
        if (isDue('watcher')) juju.defer(event);
      },
    },
  });
  return charm({
    parts: [part],
    on: {
      'config-changed': (juju, event) => {
        seen.push('charm');
        if (isDue('charm')) juju.defer(event);
      },
      'update-status': () => void seen.push('update-status'),
    },
  });
}

describe('of several observers', () => {
  // ops: 26, 31, 32, 46
  test('only the one that deferred is called again, before the new event', async () => {
    const seen: string[] = [];
    let due = true;
    const it = twoObservers(seen, (observer) => due && observer === 'watcher');
    const first = await it.run('config-changed', state());
    expect(seen).toEqual(['watcher', 'charm']);
    expect(first.deferred).toEqual([{ kind: 'config-changed', observer: 'watcher' }]);
    seen.length = 0;
    due = false;
    const second = await it.run('update-status', first);
    expect(seen).toEqual(['watcher', 'update-status']);
    expect(second.deferred).toEqual([]);
  });

  // ops: 35
  test('one that a newer charm has not any more is forgotten', async () => {
    const before = state({ deferred: [{ kind: 'config-changed', observer: 'gone' }] });
    const after = await charm({}).run('update-status', before);
    expect(after.deferred).toEqual([]);
  });

  // ops: 37
  test('one that has lost the handler is forgotten for that event', async () => {
    const part = definePart({ name: 'watcher', on: {} });
    const before = state({ deferred: [{ kind: 'config-changed', observer: 'watcher' }] });
    const after = await charm({ parts: [part] }).run('update-status', before);
    expect(after.deferred).toEqual([]);
  });
});

describe('the same event once more', () => {
  // ops: 33
  test('is not delivered while the deferred one is still waiting, since that one was just delivered', async () => {
    const seen: string[] = [];
    const it = twoObservers(seen, (observer) => observer === 'charm');
    const first = await it.run('config-changed', state());
    seen.length = 0;
    const second = await it.run('config-changed', first);
    // Deferred: charm. New: watcher alone.
    expect(seen).toEqual(['charm', 'watcher']);
    expect(second.deferred).toEqual(first.deferred);
    expect(second.logs).toEqual([
      {
        level: 'INFO',
        message: 'config-changed is in the queue of charm already: it is not queued again',
      },
    ]);
  });

  test('is delivered when the deferred one has been handled now', async () => {
    const seen: string[] = [];
    let due = true;
    const it = twoObservers(seen, (observer) => due && observer === 'charm');
    const first = await it.run('config-changed', state());
    seen.length = 0;
    due = false;
    await it.run('config-changed', first);
    expect(seen).toEqual(['charm', 'watcher', 'charm']);
  });

  // ops: 33
  test('deferred twice by one handler is queued once', async () => {
    const it = charm({
      on: {
        'config-changed': (juju, event) => {
          juju.defer(event);
          juju.defer({ ...event });
        },
      },
    });
    expect((await it.run('config-changed', state())).deferred).toEqual([{ kind: 'config-changed' }]);
  });

  // ops: 34
  test('deferred again keeps its place before younger ones', async () => {
    const [a, b] = [relation('metrics', { remoteApp: 'a' }), relation('metrics', { remoteApp: 'b' })];
    const it = charm({ on: { 'metrics-relation-changed': (juju, event) => juju.defer(event) } });
    const world = state({ relations: [a, b] });
    const first = await it.run({ kind: 'relation-changed', relation: a }, world);
    const second = await it.run({ kind: 'relation-changed', relation: b }, first);
    const third = await it.run('update-status', second);
    expect(third.deferred).toMatchObject([{ remoteApp: 'a' }, { remoteApp: 'b' }]);
  });
});

// ops: 29
test('each observer is given an event object of its own', async () => {
  const seen: unknown[] = [];
  const keep = (_juju: unknown, event: unknown) => void seen.push(event);
  const it = charm({
    parts: [definePart({ name: 'a', on: { start: keep } }), definePart({ name: 'b', on: { start: keep } })],
    on: { start: keep },
  });
  await it.run('start', state());
  expect(seen).toEqual([{ kind: 'start' }, { kind: 'start' }, { kind: 'start' }]);
  expect(new Set(seen).size).toBe(3);
});

// ops: 30
test('an event that nobody handles leaves no trace', async () => {
  const after = await charm({}).run('config-changed', state());
  expect(after.hookTools.map(({ tool }) => tool)).toEqual(['state-get', 'state-set']);
  expect(after.deferred).toEqual([]);
  expect(after.logs).toEqual([]);
});

describe('when the charm fails', () => {
  // ops: 9
  test('what was deferred before is as it was, even what had been handled in this dispatch', async () => {
    const seen: string[] = [];
    const it = charm({
      on: {
        'config-changed': () => void seen.push('handled'),
        'update-status': (juju, event) => {
          juju.defer(event);
          juju.store('half', true);
          throw new Error('no');
        },
      },
    });
    const before = state({ deferred: [{ kind: 'config-changed' }] });
    const after = await it.run('update-status', before, { onFailure: 'return' });
    expect(seen).toEqual(['handled']);
    expect(after.deferred).toEqual([{ kind: 'config-changed' }]);
    expect(after.stored).toEqual({});
  });
});

describe('events of the charm`s own', () => {
  const events = { ready: z.object({ url: z.string(), at: z.coerce.date() }) };

  // ops: 19, 21, 23
  test('are handled before emit returns, parts first', async () => {
    const seen: string[] = [];
    const part = definePart({
      name: 'listener',
      events,
      onEmitted: { ready: (_juju, { data }) => void seen.push(`part ${data.url}`) },
    });
    const it = charm({
      events,
      parts: [part],
      on: {
        start: async (juju) => {
          seen.push('before');
          await juju.emit('ready', { url: 'pg:5432', at: '2026-01-01' });
          seen.push('after');
        },
      },
      onEmitted: { ready: (_juju, { data }) => void seen.push(`charm ${data.at.getFullYear()}`) },
    });
    await it.run('start', state());
    expect(seen).toEqual(['before', 'part pg:5432', 'charm 2026', 'after']);
  });

  // ops: 23, 32, 15.3
  test('deferred inside a handler are delivered in the next dispatch, before Juju`s event', async () => {
    const seen: string[] = [];
    const it = charm({
      events,
      on: {
        start: (juju) => juju.emit('ready', { url: 'a', at: '2026-01-01' }),
        'update-status': () => void seen.push('update-status'),
      },
      onEmitted: {
        ready: (juju, event) => {
          seen.push(`${event.data.url} ${event.data.at instanceof Date}`);
          if (seen.length === 1) juju.defer(event);
        },
      },
    });
    const first = await it.run('start', state());
    expect(first.deferred).toEqual([{ kind: 'custom', name: 'ready', data: { url: 'a', at: '2026-01-01' } }]);
    const second = await it.run('update-status', first);
    expect(seen).toEqual(['a true', 'a true', 'update-status']);
    expect(second.deferred).toEqual([]);
  });

  // ops: 32
  test('that a handler emits come after the handler`s own event in the queue', async () => {
    const it = charm({
      events,
      on: {
        start: async (juju, event) => {
          await juju.emit('ready', { url: 'a', at: '2026-01-01' });
          juju.defer(event);
        },
      },
      onEmitted: { ready: (juju, event) => juju.defer(event) },
    });
    const { deferred } = await it.run('start', state());
    expect(deferred.map(({ kind }) => kind)).toEqual(['start', 'custom']);
  });

  // ops: 28
  test.each([
    ['the schema refuses', { url: 1, at: '2026-01-01' }, 'cannot emit "ready": data.url: '],
    ['JSON cannot hold', { url: 'a', at: new Date(0) }, 'cannot emit "ready": data.at is no JSON value'],
  ])('with what %s are refused with the place', async (_what, data, said) => {
    const it = charm({ events, on: { start: (juju) => juju.emit('ready', data as never) } });
    await expect(it.run('start', state())).rejects.toThrow(said);
  });

  // ops: 36
  test('that a newer charm does not define any more leave the queue, with a line in the log', async () => {
    const old: CustomEvent = { kind: 'custom', name: 'ready', data: { url: 'a' } };
    const after = await charm({}).run('update-status', state({ deferred: [old] }));
    expect(after.deferred).toEqual([]);
    expect(after.logs).toEqual([
      {
        level: 'WARNING',
        message: 'deferred event "ready" is dropped: this charm defines no such event',
      },
    ]);
  });

  // ops: 22
  test.each([
    ['start', 'Juju has a hook of that name'],
    ['database-relation-changed', 'Juju has a hook of that name'],
    ['Ready', 'a name is lower-case words with hyphens'],
  ])('cannot be named %s', (name, said) => {
    expect(() => charm({ events: { [name]: z.string() } })).toThrow(`event "${name}": ${said}`);
  });

  // ops: 22
  test('are defined once: another schema under the same name is refused', () => {
    const part = definePart({ name: 'a', events: { ready: z.string() } });
    expect(() => charm({ events: { ready: z.number() }, parts: [part] })).toThrow('it is defined twice');
  });
});

describe('parts', () => {
  // ops: 20
  test('have names of their own', () => {
    const part = definePart({ name: 'tracing' });
    expect(() => charm({ parts: [part, part] })).toThrow('part "tracing": another part has this name');
  });

  test('reconcile before the charm, and their statuses count', async () => {
    const seen: string[] = [];
    const part = definePart({
      name: 'storage',
      reconcile: () => void seen.push('part'),
      collectStatus: () => ({ name: 'waiting', message: 'for a disk' }) as const,
    });
    const it = charm({ parts: [part], reconcile: () => void seen.push('charm') });
    const { unitStatus } = await it.run('start', state());
    expect(seen).toEqual(['part', 'charm']);
    expect(unitStatus).toEqual({ name: 'waiting', message: 'for a disk' });
  });

  test('bring the schemas of their endpoints, and endpoints that are not declared are refused', async () => {
    const bag = z.object({ url: z.string() });
    const part = definePart({ name: 'db', endpoints: { database: { remoteApp: bag } } });
    const seen: unknown[] = [];
    const it = charm({
      parts: [part],
      reconcile: async (juju) => void seen.push(await (await juju.relation('database'))?.loadRemoteApp()),
    });
    await it.run('start', state({ relations: [relation('database', { remoteAppData: { url: 'x' } })] }));
    expect(seen).toEqual([{ ok: true, data: { url: 'x' } }]);
    const lost = definePart({ name: 'cache', endpoints: { cache: {} } });
    // @ts-expect-error an endpoint that metadata.yaml does not have
    expect(() => charm({ parts: [lost] })).toThrow('endpoint "cache" is not in metadata.yaml');
  });
});

// ops: 40, 41
test('beforeCommit is the last that runs, and what it stores is kept', async () => {
  const seen: string[] = [];
  const it = charm({
    reconcile: () => void seen.push('reconcile'),
    collectStatus: () => {
      seen.push('collect');
      return undefined;
    },
    beforeCommit: (juju) => {
      seen.push('commit');
      juju.store('last', true);
    },
  });
  const after = await it.run('start', state());
  expect(seen).toEqual(['reconcile', 'collect', 'commit']);
  expect(after.stored).toEqual({ last: true });
});
