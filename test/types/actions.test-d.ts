/** Parameters and results of actions have the types that actions.yaml gives them. */
import { type ActionHandler, type ActionReturn, type CharmSpec, defineCharm } from 'charmwright';
import { context, state } from 'charmwright/testing';

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
            properties: {
              name: { type: 'string' },
              count: { type: 'integer', default: 1 },
              note: { type: ['string', 'null'] },
            },
            required: ['name'],
          },
        },
        speed: { type: 'string', enum: ['slow', 'fast'], default: 'slow' },
        level: { enum: [1, 2, null] },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        anything: { type: 'object' },
        where: {
          oneOf: [
            { type: 'string' },
            {
              type: 'object',
              properties: { zone: { type: 'integer', default: 0 }, street: { type: 'string' } },
              required: ['street'],
            },
          ],
        },
        text: { type: ['string', 'object'] },
      },
      required: ['items', 'where', 'text'],
      additionalProperties: false,
      results: {
        total: { type: 'number' },
        state: { type: 'string', enum: ['sent', 'waiting'] },
        paid: { type: 'boolean' },
        address: {
          type: 'object',
          properties: { street: { type: 'string' }, zone: { type: 'integer', optional: true } },
        },
        stock: { type: 'object', additionalProperties: { type: 'integer' } },
        note: { type: 'string', optional: true },
      },
    },
    undeclared: { params: {}, required: [] },
  },
} as const satisfies CharmSpec;
type Spec = typeof spec;

// --- Parameters: nested objects and lists, choices, null, alternatives.

const order: ActionHandler<Spec, 'order', Record<never, never>> = ({ params }) => {
  const [first] = params.items;
  const name: string | undefined = first?.name;
  const count: number = first?.count ?? 0; // it has a default
  const note: string | null | undefined = first?.note;
  const speed: 'slow' | 'fast' = params.speed;
  const level: 1 | 2 | null | undefined = params.level;
  const label: string | undefined = params.labels?.colour;
  const street: string = typeof params.where === 'string' ? params.where : params.where.street;
  const text: string = typeof params.text === 'string' ? params.text : Object.keys(params.text).join();

  // @ts-expect-error a property that the schema does not have
  first?.nmae;
  // @ts-expect-error an element of the list may be missing
  first.name;
  // @ts-expect-error one that may be null
  const surely: string | undefined = first?.note;
  // @ts-expect-error not one of the choices
  if (params.speed === 'quick') return ended;
  // @ts-expect-error a parameter that may be left out
  params.labels.colour;
  // @ts-expect-error of an object that says nothing of its properties, nothing is known
  const unknown: string = params.anything?.key;
  // @ts-expect-error which of the alternatives it is, is to be found out
  params.where.street;
  // @ts-expect-error inside alternatives, defaults are not filled in
  const zone: number = typeof params.where === 'string' ? 0 : params.where.zone;

  const said = [name, count, note, speed, level, label, street, text, surely, unknown, zone].join();
  return { ...ended, note: said };
};

// --- Results: what a handler must give back.

const ended: ActionReturn<Spec, 'order'> = {
  total: 1.5,
  state: 'sent',
  paid: true,
  address: { street: 'High Street' },
  stock: { apples: 3 },
};

export const wrong: readonly ActionReturn<Spec, 'order'>[] = [
  // @ts-expect-error a result is missing
  { total: 1, state: 'sent', paid: true, address: { street: '' } },
  // @ts-expect-error text for a number
  { ...ended, total: '1' },
  // @ts-expect-error not one of its values
  { ...ended, state: 'lost' },
  // @ts-expect-error a nested result is missing
  { ...ended, address: {} },
  // @ts-expect-error a nested result of another type
  { ...ended, stock: { apples: 'three' } },
  // @ts-expect-error a result that actions.yaml does not declare
  { ...ended, totla: 1 },
  { ...ended, note: undefined, address: { street: '', zone: undefined } },
];

export const shop = defineCharm(spec, {
  actions: { order, undeclared: () => ({ whatever: { nested: 1 } }) },
});

defineCharm(spec, {
  actions: {
    // @ts-expect-error the results are not those of actions.yaml
    order: () => ({ total: 1 }),
    // @ts-expect-error Juju has no lists in results, declared or not
    undeclared: () => ({ whatever: [1] }),
  },
});

// --- Results in a test: text, as Juju carries them.

export async function inTests(): Promise<void> {
  const { results, failed } = await context(shop).runAction('order', {}, state());
  // @ts-expect-error an action that failed may have given nothing
  const early: string = results.total;
  if (failed !== undefined) return;
  const total: `${number}` = results.total;
  const paid: 'true' | 'false' = results.paid;
  const kind: 'sent' | 'waiting' = results.state;
  const zone: `${number}` | undefined = results.address.zone;
  const note: string | undefined = results.note;
  // @ts-expect-error a number arrives as text
  const sum: number = results.total;
  // @ts-expect-error not declared
  results.totla;
  // @ts-expect-error no such action
  await context(shop).runAction('oder', {}, state());
  const free = await context(shop).runAction('undeclared', {}, state());
  const any: unknown = free.results.whatever;
  console.log(early, total, paid, kind, zone, note, sum, any);
}
