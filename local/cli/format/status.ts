/** `status` as a table: juju's sections, columns and colours. */
import type { ApplicationStatus, ModelStatus, UnitStatus } from '../../api.ts';
import { formatPorts } from './ports.ts';
import { type Cell, header, layOut, naturalOrder, type Paint, paint } from './table.ts';
import { timeOfDay } from './time.ts';

export interface StatusOptions {
  readonly color: boolean;
  readonly utc: boolean;
  readonly relations: boolean;
  readonly storage: boolean;
}

const longestVersion = 30;
const longestMessage = 120;

const statusPaints: Readonly<Record<string, Paint>> = {
  active: 'green',
  running: 'green',
  idle: 'green',
  executing: 'green',
  attached: 'green',
  attaching: 'green',
  allocating: 'yellow',
  lost: 'yellow',
  maintenance: 'yellow',
  pending: 'yellow',
  rebooting: 'yellow',
  unknown: 'yellow',
  detaching: 'yellow',
  detached: 'yellow',
  blocked: 'red',
  down: 'red',
  error: 'red',
  failed: 'red',
  terminated: 'red',
};

export function formatStatus(status: ModelStatus, options: StatusOptions): string {
  const units = unitsOf(status);
  const sections = [
    modelSection(status, options),
    ...(Object.keys(status.applications).length === 0 ? [] : [applicationSection(status, options)]),
    ...(units.length === 0 ? [] : [unitSection(units, options)]),
    ...(options.relations && status.relations.length > 0 ? [relationSection(status, options)] : []),
    ...(options.storage && Object.keys(status.storage?.storage ?? {}).length > 0
      ? [storageSection(status, options)]
      : []),
  ];
  return sections.join('\n');
}

/** `line`, `short` and `oneline`: one line for each unit. */
export function formatOneline(status: ModelStatus): string {
  return unitsOf(status)
    .map(([name, unit]) => {
      const ports = unit['open-ports']?.length ? ` ${formatPorts(unit['open-ports'])}` : '';
      const agent = unit['juju-status'].current;
      const workload = unit['workload-status'].current;
      return `\n- ${name}: ${unit.address ?? ''} (agent:${agent}, workload:${workload})${ports}`;
    })
    .join('')
    .concat('\n');
}

function unitsOf(status: ModelStatus): [string, UnitStatus][] {
  return Object.values(status.applications)
    .flatMap((application) => Object.entries(application.units ?? {}))
    .sort(([a], [b]) => naturalOrder(a, b));
}

function modelSection({ model, controller }: ModelStatus, options: StatusOptions): string {
  const { message } = model['model-status'];
  const time = timeOfDay(controller.timestamp, options.utc);
  const columns: [string, string][] = [
    ['Model', model.name],
    ['Controller', model.controller],
    ['Cloud/Region', model.cloud],
    ['Version', model.version],
    ...(model.sla === undefined ? [] : [['SLA', model.sla] satisfies [string, string]]),
    ['Timestamp', time],
    ...(message ? [['Notes', truncate(message)] satisfies [string, string]] : []),
  ];
  return layOut([header(...columns.map(([name]) => name)), columns.map(([, value]) => value)], options);
}

function applicationSection({ applications }: ModelStatus, options: StatusOptions): string {
  const rows = Object.entries(applications)
    .sort(([a], [b]) => naturalOrder(a, b))
    .map(([name, application]) => applicationRow(name, application));
  const names = [
    'App',
    'Version',
    'Status',
    'Scale',
    'Charm',
    'Channel',
    'Rev',
    'Address',
    'Exposed',
    'Message',
  ];
  return layOut([header(...names), ...rows], { color: options.color, right: [3, 6] });
}

function applicationRow(name: string, application: ApplicationStatus): readonly Cell[] {
  const { current, message } = application['application-status'];
  return [
    name,
    shortVersion(application.version ?? ''),
    paintStatus(current),
    scaleOf(application),
    application['charm-name'],
    '',
    String(application['charm-rev']),
    paint('cyan', application.address ?? ''),
    application.exposed ? paint('green', 'yes') : 'no',
    paint('gray', truncate(message ?? '')),
  ];
}

/** `2` when all wanted units have an agent at work, else `1/2`, highlighted. */
function scaleOf({ units = {}, scale }: ApplicationStatus): Cell {
  const all = Object.values(units);
  const ready = all.filter((unit) => ['idle', 'executing'].includes(unit['juju-status'].current)).length;
  const wanted = Math.max(all.length, scale);
  return ready === wanted ? String(ready) : paint('yellow', `${ready}/${wanted}`);
}

function unitSection(units: readonly [string, UnitStatus][], options: StatusOptions): string {
  const rows = units.map(([name, unit]) => [
    unit.leader === true ? `${name}*` : name,
    paintStatus(unit['workload-status'].current),
    paintStatus(unit['juju-status'].current),
    paint('cyan', unit.address ?? ''),
    portsCell(unit['open-ports'] ?? []),
    paint('gray', truncate(unitMessage(unit))),
  ]);
  return layOut([header('Unit', 'Workload', 'Agent', 'Address', 'Ports', 'Message'), ...rows], options);
}

/** The workload's message, with the hook or action that runs now before it. */
function unitMessage(unit: UnitStatus): string {
  const { 'workload-status': workload, 'juju-status': agent } = unit;
  const message = workload.message || (agent.current === 'allocating' ? agent.message : undefined) || '';
  const doing =
    agent.current === 'executing' ? /^running (?:action (.+)|(\S+) hook)/.exec(agent.message ?? '') : null;
  const what = doing?.[1] ?? doing?.[2];
  return what === undefined ? message : `(${what}) ${message}`.trimEnd();
}

/** Numbers stand out, protocols do not. */
function portsCell(ports: readonly string[]): Cell {
  return formatPorts(ports)
    .split(/(\d+(?:-\d+)?)/)
    .filter((part) => part !== '')
    .map((part) => (/^\d/.test(part) ? paint('magentaBright', part) : part));
}

function relationSection({ relations }: ModelStatus, options: StatusOptions): string {
  const rows = [...relations]
    .sort((a, b) =>
      a.provider === b.provider ? compare(a.requirer, b.requirer) : compare(a.provider, b.provider),
    )
    .map((row) => [endCell(row.provider), endCell(row.requirer), row.interface, row.type, '']);
  const names = ['Integration provider', 'Requirer', 'Interface', 'Type', 'Message'];
  return layOut([header(...names), ...rows], options);
}

function endCell(end: string): Cell {
  const [application = end, endpoint] = end.split(':');
  return endpoint === undefined ? application : [application, paint('magenta', `:${endpoint}`)];
}

function storageSection(status: ModelStatus, options: StatusOptions): string {
  const rows = Object.entries(status.storage?.storage ?? {})
    .sort(([a], [b]) => naturalOrder(a, b))
    .flatMap(([id, storage]) => {
      const attachments = Object.entries(storage.attachments.units);
      const places = attachments.length === 0 ? [['', { location: '' }] as const] : attachments;
      return places.map(([unit, place]) => [
        unit,
        id,
        storage.kind,
        'local',
        place.location ?? '',
        paintStatus(storage.status.current),
        paint('gray', truncate(storage.status.message ?? '')),
      ]);
    });
  const names = ['Storage Unit', 'Storage ID', 'Type', 'Pool', 'Mountpoint', 'Status', 'Message'];
  return layOut([header(...names), ...rows], options);
}

function paintStatus(status: string): Cell {
  const name = statusPaints[status];
  return name === undefined ? status : paint(name, status);
}

/** The first line, cut where juju cuts it. */
function shortVersion(version: string): string {
  const first = version.split('\n')[0] ?? '';
  return first.length > longestVersion ? `${first.slice(0, longestVersion - 3)}...` : first;
}

function truncate(message: string): string {
  return message.length > longestMessage ? `${message.slice(0, longestMessage - 3)}...` : message;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
