/** state-get, state-set, state-delete: a unit's charm state, kept by the controller. */
import { keyValues, lookup, parseBag } from './bag.ts';
import { quote, refuse } from './refusal.ts';
import { defineTool, noMore, SMART } from './tool.ts';

const MAX_KEY_BYTES = 256;
const MAX_VALUE_BYTES = 64 * 1024;

export const stateGet = defineTool({
  purpose: 'Print server-side-state value.',
  formats: SMART,
  flags: { strict: { kind: 'switch' } },
  run({ draft, args, has }) {
    const [key = '-', ...rest] = args;
    noMore(rest);
    if (key === '-' || key === '') return { value: draft.state() };
    const value = lookup(draft.state(), key);
    if (value === undefined && has('strict')) refuse(`${quote(key)} not found`);
    return { value: value ?? '' };
  },
});

export const stateSet = defineTool({
  purpose: 'Set server-side-state values.',
  flags: { file: { kind: 'text' } },
  run({ draft, args, text, readFile }) {
    const given = keyValues(args);
    const file = text('file');
    const values = file === undefined ? given : { ...parseBag(readFile(file)), ...given };
    for (const [key, value] of Object.entries(values)) {
      if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
        refuse(`max allowed key size (${MAX_KEY_BYTES}) exceeded: quota limit exceeded`);
      }
      if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
        refuse(
          `max allowed value size (${MAX_VALUE_BYTES}) exceeded for key ${quote(key)}: quota limit exceeded`,
        );
      }
    }
    for (const [key, value] of Object.entries(values)) draft.setState(key, value);
    return undefined;
  },
});

export const stateDelete = defineTool({
  purpose: 'Delete server-side-state key value pairs.',
  run({ draft, args }) {
    const [key = '', ...rest] = args;
    noMore(rest);
    if (key !== '') draft.deleteState(key);
    return undefined;
  },
});
