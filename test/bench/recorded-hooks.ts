/** What hooks cost on a unit, one by one, as Juju runs them: hook-tool processes and time. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Model } from './model.ts';

const WAIT_MS = 30_000;

/**
 * Stands in for a charm's `dispatch`: hooks run as Juju runs them, and each leaves a line with its name, its
 * hook-tool processes, and the microseconds it took. With the folder `spies` in place tools are counted, and time
 * means nothing.
 */
const RECORDER = `#!/bin/sh
cd "\${0%/*}" || exit
[ -d spies ] && PATH=$PWD/spies:$PATH
begun=$(date +%s%N)
./dispatch.real
code=$?
ended=$(date +%s%N)
touch calls
echo "\${JUJU_DISPATCH_PATH#hooks/} $(wc -l < calls) $(((ended - begun) / 1000))" >> events
rm calls
exit $code
`;

const INSTALL = `mv dispatch dispatch.real
cat > dispatch <<'END'
${RECORDER}END
chmod +x dispatch
touch events`;

const SPY = `mkdir -p spies
for tool in "\${PATH%%:*}"/*; do
  printf '#!/bin/sh\\necho "\${0##*/} $*" >> %s/calls\\nexec %s "$@"\\n' "$PWD" "$tool" > "spies/\${tool##*/}"
done
chmod +x spies/*`;

export interface Cost {
  readonly processes: number;
  readonly milliseconds: number;
}

/** From now on each hook of the unit leaves a line. */
export async function recordHooks(model: Model, unit: string): Promise<void> {
  await model.exec(unit, INSTALL);
}

/** From now on hook tools are counted, and time means nothing. */
export async function countTools(model: Model, unit: string): Promise<void> {
  await model.exec(unit, SPY);
}

export async function countNoTools(model: Model, unit: string): Promise<void> {
  await model.exec(unit, 'rm -r spies');
}

/** Makes something happen and waits for the hook that it causes. */
export async function costOf(
  model: Model,
  unit: string,
  hook: string,
  cause: () => Promise<unknown>,
): Promise<Cost> {
  await model.exec(unit, 'rm -f events calls; touch events');
  await cause();
  for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(50)) {
    const lines = (await model.exec(unit, 'cat events')).trim().split('\n');
    const [, count, micros] = lines.map((line) => line.split(' ')).find(([event]) => event === hook) ?? [];
    if (micros !== undefined) return { processes: Number(count), milliseconds: Number(micros) / 1000 };
  }
  throw new Error(`${unit} did not run ${hook}:\n${await model.juju('status')}`);
}
