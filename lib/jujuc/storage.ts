/** storage-get, storage-list, storage-add. */
import { misused, quote, refuse } from './refusal.ts';
import { defineTool, noMore, SMART } from './tool.ts';

export const storageGet = defineTool({
  purpose: 'Print information for the storage instance with the specified ID.',
  formats: SMART,
  flags: { s: { kind: 'storage' } },
  run({ draft, args, text }) {
    const id = text('s') ?? draft.scope.storageId;
    if (id === undefined) misused('no storage instance specified');
    const [key, ...rest] = args;
    noMore(rest);
    const storage = draft.view.storages.find((each) => each.id === id);
    if (storage === undefined) refuse(`storage ${quote(id)} not found`);
    const { kind, location } = storage;
    switch (key) {
      case undefined:
      case '':
        return { value: { kind, location } };
      case 'kind':
        return { value: kind };
      case 'location':
        return { value: location };
      default:
        return refuse(`invalid storage attribute ${quote(key)}`);
    }
  },
});

export const storageList = defineTool({
  purpose: 'List storage attached to the unit.',
  formats: SMART,
  run({ draft, args }) {
    const [name, ...rest] = args;
    noMore(rest);
    const ids = draft.view.storages.map(({ id }) => id);
    return {
      value: name === undefined ? ids : ids.filter((id) => id.slice(0, id.lastIndexOf('/')) === name),
    };
  },
});

export const storageAdd = defineTool({
  purpose: 'Add storage instances.',
  run({ draft, args }) {
    if (args.length === 0) misused('storage add requires a storage directive');
    const wishes = args.map(parseDirective);
    for (const { name } of wishes) {
      if (!Object.hasOwn(draft.view.spec.storage, name)) refuse(`charm storage ${quote(name)} not found`);
    }
    for (const { name, count } of wishes) {
      draft.storageAdd.set(name, (draft.storageAdd.get(name) ?? 0) + count);
    }
    return undefined;
  },
});

function parseDirective(arg: string): { readonly name: string; readonly count: number } {
  const [name = '', directive] = arg.split('=', 2);
  if (directive === undefined) return { name, count: 1 };
  if (directive === '') {
    misused(
      `cannot parse constraints for storage ${quote(name)}: storage constraints require at least one field to be specified`,
    );
  }
  if (/^-?\d+$/.test(directive)) {
    const count = Number(directive);
    if (count > 0) return { name, count };
    misused(`cannot parse count: count must be greater than zero, got ${quote(directive)}`);
  }
  return misused(`only count can be specified for ${quote(name)}`);
}
