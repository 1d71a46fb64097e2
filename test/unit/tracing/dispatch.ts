/** What a dispatch leaves to its end, in a process of its own as on a unit: `dispatch.ts FOLDER PRIORITY TRACE ...`. */
import { TraceBuffer } from '../../../lib/tracing/buffer.ts';
import { exportAfterwards } from '../../../lib/tracing/export.ts';

const [folder = '', priority, ...traces] = process.argv.slice(2);
exportAfterwards(folder);
for (const trace of traces) new TraceBuffer(folder).add(trace, priority === '50' ? 50 : 10);
