/** status-get, status-set, is-leader. */
import { misused, quote, refuse } from './refusal.ts';
import { defineTool, noMore, SMART } from './tool.ts';
import type { StatusValue } from './view.ts';

const SETTABLE = ['maintenance', 'blocked', 'waiting', 'active'] as const;

export const NOT_LEADER = 'this unit is not the leader';

export const statusSet = defineTool({
  purpose: 'Set status information.',
  flags: { application: { kind: 'switch' } },
  run({ draft, args, has }) {
    const [name, message = '', ...rest] = args;
    if (name === undefined) misused('invalid args, require <status> [message]');
    const status = SETTABLE.find((each) => each === name);
    if (status === undefined) {
      misused(`invalid status ${quote(name)}, expected one of [${SETTABLE.join(' ')}]`);
    }
    noMore(rest);
    const value = { status, message };
    if (has('application')) {
      if (!draft.view.leader) refuse(NOT_LEADER);
      draft.appStatus = value;
      draft.host.apply({ kind: 'app-status', value });
    } else {
      draft.unitStatus = value;
      draft.host.apply({ kind: 'unit-status', value });
    }
    return undefined;
  },
});

export const statusGet = defineTool({
  purpose: 'Print status information.',
  formats: SMART,
  flags: { application: { kind: 'switch' }, 'include-data': { kind: 'switch' } },
  run({ draft, args, format, has }) {
    noMore(args);
    const withData = has('include-data');
    const details = (value: StatusValue): Record<string, unknown> =>
      withData
        ? { status: value.status, message: value.message, 'status-data': {} }
        : { status: value.status };
    if (!has('application')) {
      if (!withData && format === 'smart') return { value: draft.unitStatus.status };
      return { value: details(draft.unitStatus) };
    }
    if (!draft.view.leader) refuse(`finding application status: ${NOT_LEADER}`);
    if (!withData && format === 'smart') return { value: draft.appStatus.status };
    const units = Object.entries({ ...draft.view.unitStatuses, [draft.view.unit]: draft.unitStatus });
    return {
      value: {
        'application-status': {
          ...details(draft.appStatus),
          units: Object.fromEntries(units.map(([unit, value]) => [unit, details(value)])),
        },
      },
    };
  },
});

export const isLeader = defineTool({
  purpose: 'Print application leadership status.',
  formats: SMART,
  run({ draft, args }) {
    noMore(args);
    return { value: draft.view.leader };
  },
});
