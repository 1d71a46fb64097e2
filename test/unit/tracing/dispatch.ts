/**
 * What a dispatch leaves to its end, in a process of its own as on a unit: `dispatch.ts FOLDER PRIORITY TRACE ...`; and
 * the sender, which is the same file started once more.
 */
import { TraceBuffer } from '../../../lib/tracing/buffer.ts';
import { sendTraces } from '../../../lib/tracing/send.ts';
import { SEND_VARIABLE, startSender } from '../../../lib/tracing/sender.ts';

const waiting = process.env[SEND_VARIABLE];
if (waiting !== undefined) await sendTraces(waiting);
else {
  const [folder = '', priority, ...traces] = process.argv.slice(2);
  startSender(folder, process.env);
  for (const trace of traces) new TraceBuffer(folder).add(trace, priority === '50' ? 50 : 10);
}
