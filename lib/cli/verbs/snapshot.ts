/** `charmwright snapshot UNIT`: a live unit becomes a file that a test loads. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { jujuProcess } from '../../snapshot/commands.ts';
import { formatSnapshot, type Snapshot } from '../../snapshot/format.ts';
import { takeSnapshot } from '../../snapshot/take.ts';
import { UsageError, type Verb } from '../verb.ts';

export const snapshot: Verb = {
  usage: 'UNIT [--out FILE] [--file CONTAINER:PATH ...] [--secrets] [--juju COMMAND]',
  details: `Writes what a hook of UNIT could see now: options, relations, secrets, storage, what it remembers, and
each container's plan, services, checks and notices. \`loadState\` of charmwright/testing makes a test's
state of it. Nothing is changed: no secret becomes tracked, no resource is fetched.
The model is the one that juju takes: \`juju switch\`, or JUJU_MODEL=NAME.

--out FILE             where to write it; standard output when absent.
--file CONTAINER:PATH  a file or folder of a workload container to take along; repeatable. The files
                       that the charm writes belong there, or the test's unit will lack them.
--secrets              write secrets and credentials as they are. Without it each is replaced by a
                       placeholder, the same one wherever the value stands.
--juju COMMAND         what to run instead of \`juju\`: a path, or \`juju-local --model-dir DIR\`.`,
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [unit, ...rest] = positionals;
    if (unit === undefined || rest.length > 0 || !/^[a-z][a-z0-9-]*\/\d+$/.test(unit))
      throw new UsageError('name one unit, such as web/0');
    const taken = await takeSnapshot(jujuProcess(values.juju.split(/\s+/).filter((word) => word !== '')), {
      unit,
      files: values.file,
      secrets: values.secrets,
    });
    await deliver(taken, values.out);
    return 0;
  },
};

const OPTIONS = {
  out: { type: 'string' },
  file: { type: 'string', multiple: true, default: [] as string[] },
  secrets: { type: 'boolean', default: false },
  juju: { type: 'string', default: 'juju' },
} as const;

/** The file, and beside it on standard error what its reader should know. */
async function deliver(taken: Snapshot, out: string | undefined): Promise<void> {
  const text = formatSnapshot(taken);
  if (out === undefined) process.stdout.write(text);
  else await writeFile(out, text, { mode: 0o600 });
  const masked = Object.keys(taken.masked).length;
  const said = [
    ...taken.notes,
    ...(masked === 0
      ? []
      : [`${masked} secret values are masked; look through the rest before you share it.`]),
    ...(out === undefined ? [] : [`${out}: ${taken.unit} as of ${taken.taken}`]),
  ];
  for (const line of said) process.stderr.write(`${line}\n`);
}
