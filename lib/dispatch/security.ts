/** Hook tools that Juju refuses for want of rights leave a security event in the log, as in ops. */
import type { ToolRunner } from '../hook-tools/runner.ts';
import type { Log } from '../log.ts';

const REFUSED =
  /access denied|permission denied|not the leader|cannot (write relation settings|access cloud credentials)/i;

/** The same tools, watched. Arguments may hold secrets, so that only the tool's name is told. */
export function watched(tools: ToolRunner, log: Log): ToolRunner {
  return {
    async run(tool, args, stdin) {
      const result = await tools.run(tool, args, stdin);
      if (result.code !== 0 && tool !== 'juju-log' && REFUSED.test(result.stderr))
        log.security('CRITICAL', 'authz_fail', tool, `Juju refused the hook tool ${tool}`);
      return result;
    },
  };
}
