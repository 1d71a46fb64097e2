/** status, once or again and again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelStatus } from '../../api.ts';
import type { Call, RunVerb } from '../call.ts';
import { UsageError } from '../errors.ts';
import { formatOneline, formatStatus } from '../format/status.ts';
import { selectStatus } from '../format/status-filter.ts';
import { statusValue } from '../format/status-values.ts';
import { formatStructured } from '../format/structured.ts';
import type { status as spec } from '../table/observation.ts';

type StatusCall = Call<typeof spec>;

export const status: RunVerb<typeof spec> = async (call) => {
  const { flags, terminal } = call;
  if (flags.color && flags['no-color']) throw new UsageError('cannot mix --no-color and --color');
  const client = await call.model();
  const read = async () => selectStatus(await client.call('status', {}), call.args);
  if (flags.watch === undefined || flags.watch <= 0) {
    const current = await read();
    terminal.out(render(current, call));
    explainEmpty(current, call);
    return undefined;
  }
  return await watch(read, flags.watch, call);
};

async function watch(read: () => Promise<ModelStatus>, interval: number, call: StatusCall): Promise<never> {
  const { terminal } = call;
  for (;;) {
    const text = render(await read(), call);
    terminal.out(terminal.interactive ? repaint(text) : `${text}\n`);
    await sleep(interval);
  }
}

/** Written over what stands there, line by line: clearing the screen first would flicker. */
function repaint(text: string): string {
  return `\x1b[H${text.replaceAll('\n', '\x1b[K\n')}\x1b[J`;
}

function render(current: ModelStatus, { flags, terminal }: StatusCall): string {
  switch (flags.format) {
    case 'json':
    case 'yaml':
      return formatStructured(statusValue(current, flags.utc), flags.format);
    case 'line':
    case 'short':
    case 'oneline':
      return formatOneline(current);
    case 'tabular':
      return formatStatus(current, {
        color: flags.color || (terminal.color && !flags['no-color']),
        utc: flags.utc,
        relations: flags.relations,
        storage: flags.storage,
      });
  }
}

function explainEmpty(current: ModelStatus, { args, terminal }: StatusCall): void {
  if (Object.keys(current.applications).length > 0) return;
  const filtered = `Nothing matched specified filter${args.length === 1 ? '' : 's'}.`;
  terminal.info(args.length === 0 ? `\nModel "${current.model.name}" is empty.` : `\n${filtered}`);
}
