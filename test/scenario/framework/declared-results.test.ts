/** Actions whose results are declared in actions.yaml, and parameters as deep as JSON Schema goes. */
import { ActionFailed, type ActionReturn, type CharmSpec, defineCharm } from 'charmwright';
import { context, state, WrongResults } from 'charmwright/testing';
import { describe, expect, test } from 'vitest';

const spec = {
  name: 'shop',
  endpoints: {},
  extraBindings: [],
  containers: {},
  storage: {},
  resources: {},
  config: {},
  actions: {
    order: {
      params: {
        items: {
          type: 'array',
          items: {
            type: 'object',
            properties: { name: { type: 'string' }, count: { type: 'integer', default: 1 } },
            required: ['name'],
          },
          default: [],
        },
        parcel: {
          type: 'object',
          default: {},
          properties: { wrapped: { type: 'boolean', default: false }, ribbon: { type: ['string', 'null'] } },
        },
      },
      required: [],
      results: {
        total: { type: 'number' },
        state: { type: 'string', enum: ['sent', 'waiting'] },
        address: {
          type: 'object',
          optional: true,
          properties: { street: { type: 'string' }, zone: { type: 'integer', optional: true } },
        },
        stock: { type: 'object', optional: true, additionalProperties: { type: 'integer' } },
      },
    },
  },
} as const satisfies CharmSpec;
type Results = ActionReturn<typeof spec, 'order'>;

function shop(order: () => unknown) {
  // Also what the types forbid: what a test harness must find is what slipped through them.
  return context(defineCharm(spec, { actions: { order: () => order() as Results } }));
}

describe('declared results', () => {
  // ops: 72
  test('come out as text, nested as they are declared', async () => {
    const { results } = await shop(() => ({
      total: 12.5,
      state: 'sent',
      address: { street: 'High Street', zone: undefined },
      stock: { apples: 3 },
    })).runAction('order', {}, state());
    expect(results).toEqual({
      total: '12.5',
      state: 'sent',
      address: { street: 'High Street' },
      stock: { apples: '3' },
    });
  });

  test.each<[what: string, gave: unknown, says: string]>([
    ['one is missing', { total: 1 }, '"state" is missing: return it, or say "optional: true"'],
    ['one is not declared', { total: 1, state: 'sent', sum: 2 }, '"sum" is not declared'],
    ['one has another type', { total: 'many', state: 'sent' }, '"total" is "many", not of type number'],
    ['one has another value', { total: 1, state: 'lost' }, '"state" is "lost", not sent or waiting'],
    [
      'a nested one is missing',
      { total: 1, state: 'sent', address: { zone: 1 } },
      '"address.street" is missing',
    ],
    [
      'an unnamed one has another type',
      { total: 1, state: 'sent', stock: { a: 1.5 } },
      '"stock.a" is "1.5", not of type integer',
    ],
    [
      'text stands for an object',
      { total: 1, state: 'sent', stock: 'none' },
      '"stock" is "none", not an object',
    ],
  ])('fail the test when %s', async (_what, gave, says) => {
    const run = shop(() => gave).runAction('order', {}, state());
    await expect(run).rejects.toThrow(WrongResults);
    await expect(run).rejects.toThrow(says);
  });

  test('are not asked of an action that fails', async () => {
    const failing = shop(() => {
      throw new ActionFailed('sold out');
    });
    expect(await failing.runAction('order', {}, state())).toMatchObject({ failed: 'sold out', results: {} });
  });
});

describe('nested parameters', () => {
  test('have their defaults filled in where the types say that they are there', async () => {
    const seen: unknown[] = [];
    const it = context(
      defineCharm(spec, {
        actions: {
          order: ({ params }) => {
            const wrapped: boolean = params.parcel.wrapped;
            const counts: readonly number[] = params.items.map(({ count }) => count);
            seen.push(wrapped, counts, params.parcel.ribbon);
            return { total: 0, state: 'waiting' as const };
          },
        },
      }),
    );
    await it.runAction('order', { items: [{ name: 'apple' }, { name: 'pear', count: 2 }] }, state());
    await it.runAction('order', { parcel: { ribbon: null } }, state());
    expect(seen).toEqual([false, [1, 2], undefined, false, [], null]);
  });
});

// ops: 87
describe('an action that does not say whether it takes other parameters', () => {
  const run = (jujuVersion: string) =>
    context(defineCharm(spec, { actions: { order: () => ({ total: 0, state: 'sent' as const }) } }), {
      jujuVersion,
    }).runAction('order', { colour: 'red' }, state());

  test('takes them below Juju 4.0', async () => {
    expect((await run('3.6.14')).failed).toBeUndefined();
  });

  test('takes none from 4.0', async () => {
    await expect(run('4.0.1')).rejects.toThrow('action "order" has no parameter "colour"');
  });
});
