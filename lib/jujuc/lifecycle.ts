/** juju-log, juju-reboot, application-version-set, and what only Juju 3 has. */
import { keyValues, lookup } from './bag.ts';
import { misused, quote, refuse } from './refusal.ts';
import { defineTool, deprecatedFormat, noMore, SMART, type Tool } from './tool.ts';

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];

export const jujuLog = defineTool({
  purpose: 'Write a message to the juju log.',
  flags: { debug: { kind: 'switch' }, 'log-level': { kind: 'text', also: ['l'] }, format: { kind: 'text' } },
  run({ draft, args, has, text }) {
    if (args.length === 0) misused('no message specified');
    const wanted = has('debug') ? 'DEBUG' : text('log-level') || 'INFO';
    const upper = wanted.toUpperCase();
    const level = upper === 'WARN' ? 'WARNING' : LEVELS.find((each) => each === upper);
    if (level === undefined) {
      const message = `Specified log level of ${quote(wanted)} is not valid`;
      draft.host.apply({ kind: 'log', level: 'WARNING', message });
    }
    const { relation } = draft.scope;
    const prefix = relation === undefined ? '' : `${relation.endpoint}:${relation.id}: `;
    draft.host.apply({ kind: 'log', level: level ?? 'INFO', message: `${prefix}${args.join(' ')}` });
    return deprecatedFormat('juju-log', text('format'));
  },
});

export const jujuReboot = defineTool({
  purpose: 'Reboot the host machine.',
  flags: { now: { kind: 'switch' } },
  run({ draft, args, has }) {
    noMore(args);
    if (draft.scope.action !== undefined) refuse('juju-reboot is not supported when running an action.');
    draft.reboot = has('now') ? 'now' : 'after';
    return undefined;
  },
});

export const applicationVersionSet = defineTool({
  purpose: 'Specify which version of the application is deployed.',
  run({ draft, args }) {
    const [version, ...rest] = args;
    if (version === undefined) misused('no version specified');
    noMore(rest);
    draft.host.apply({ kind: 'version', version });
    return undefined;
  },
});

export const leaderGet = defineTool({
  purpose: 'Print application leadership settings.',
  formats: SMART,
  run({ draft, args }) {
    const [key = '-', ...rest] = args;
    if (key.includes('=')) misused(`invalid key ${quote(key)}`);
    noMore(rest);
    return { value: key === '-' || key === '' ? draft.leaderSettings : lookup(draft.leaderSettings, key) };
  },
});

/** Immediate, unlike relation-set. */
export const leaderSet = defineTool({
  purpose: 'Write application leadership settings.',
  run({ draft, args }) {
    const settings = keyValues(args);
    if (!draft.view.leader) {
      refuse(
        `cannot write leadership settings: cannot write settings: ${quote(draft.view.unit)} is not leader of ${quote(draft.view.app)}`,
      );
    }
    const kept = Object.entries({ ...draft.leaderSettings, ...settings }).filter(([, value]) => value !== '');
    draft.leaderSettings = Object.fromEntries(kept);
    draft.host.apply({ kind: 'leader-set', settings });
    return undefined;
  },
});

export const addMetric = defineTool({
  purpose: 'Add metrics.',
  run: () => refuse('cannot record metric: metrics not allowed in this context'),
});

/** Payloads are kept by nobody any more. */
export const payload = defineTool({ purpose: 'Manage charm payloads.', run: () => undefined });

/** The tools of charms from before sidecars. */
export function podSpecTool(name: string): Tool {
  return defineTool({
    purpose: 'Manage the pod of a charm without sidecars.',
    flags: { file: { kind: 'text' }, 'k8s-resources': { kind: 'text' } },
    run: () => refuse(`${name} not supported for sidecar charms`),
  });
}
