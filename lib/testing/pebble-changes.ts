/** The changes Pebble reports for what was done to services. Pure. */
import type { Change, Task } from '../pebble/types.ts';
import type { ServiceAction } from './pebble-services.ts';
import { TIME } from './time.ts';

export interface ChangeTask {
  readonly kind: 'stop' | 'start';
  readonly service: string;
  /** Its last words, when it exited at once. */
  readonly failure?: string;
}

/** Its summary names what was asked for, else the first service that was touched. */
export function finishedChange(
  id: number,
  action: ServiceAction,
  names: readonly string[],
  tasks: readonly ChangeTask[],
): Change {
  const failed = tasks.find(({ failure }) => failure !== undefined);
  const summary = summaryOf(action, [...new Set([...names, ...tasks.map(({ service }) => service)])]);
  return {
    id: String(id),
    kind: action,
    summary,
    status: failed === undefined ? 'Done' : 'Error',
    tasks: tasks.map((task, index) => finishedTask(`${id}.${index + 1}`, task)),
    ready: true,
    ...(failed === undefined
      ? {}
      : {
          err: `cannot perform the following tasks:\n- Start service "${failed.service}" (service start attempt: exited quickly with code 1, will restart)`,
        }),
    spawnTime: TIME,
    readyTime: TIME,
    data: {},
  };
}

/** Those that touched the service; all when none is named. */
export function changesOf(changes: readonly Change[], service: string | undefined): readonly Change[] {
  if (service === undefined) return changes;
  return changes.filter(({ tasks }) =>
    tasks.some(({ summary }) => summary.endsWith(` service "${service}"`)),
  );
}

function summaryOf(action: string, services: readonly string[]): string {
  const verb = action.charAt(0).toUpperCase() + action.slice(1);
  const [first] = services;
  if (first === undefined) return `${verb} - no services`;
  return `${verb} service "${first}"${services.length === 1 ? '' : ` and ${services.length - 1} more`}`;
}

function finishedTask(id: string, { kind, service, failure }: ChangeTask): Task {
  const log = [
    `${TIME} INFO Most recent service output:\n    ${failure ?? ''}`,
    `${TIME} ERROR service start attempt: exited quickly with code 1, will restart`,
  ];
  return {
    id,
    kind,
    summary: `${kind === 'start' ? 'Start' : 'Stop'} service "${service}"`,
    status: failure === undefined ? 'Done' : 'Error',
    log: failure === undefined ? [] : log,
    progress: { label: '', done: 1, total: 1 },
    spawnTime: TIME,
    readyTime: TIME,
    data: {},
  };
}
