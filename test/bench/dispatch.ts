/** What one dispatch costs on a unit where there is nothing to change. */
import type { Model } from './model.ts';

const WARM_UP = 3;

/** As Juju starts it for `update-status`; \`juju exec\` leaves these two for the command to say. */
const EVENT = 'export JUJU_DISPATCH_PATH=hooks/update-status JUJU_HOOK_NAME=update-status';

/** Nanoseconds are taken on the unit, so that the command line's own time is not in them. */
const TIMED = `${EVENT}
begun=$(date +%s%N)
./dispatch >&2 || exit
echo $(($(date +%s%N) - begun))`;

/** Each hook tool behind a script that notes its call. */
const COUNTED = `${EVENT}
spies=$(mktemp -d)
for tool in "\${PATH%%:*}"/*; do
  printf '#!/bin/sh\\necho "\${0##*/} $*" >> %s/calls\\nexec %s "$@"\\n' "$spies" "$tool" > "$spies/\${tool##*/}"
  chmod +x "$spies/\${tool##*/}"
done
PATH=$spies:$PATH ./dispatch >&2
cat "$spies/calls"
rm -r "$spies"`;

export interface Times {
  /** All in milliseconds. */
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Runs both units' dispatch in turn, so that whatever else the machine does meets both. */
export async function timesOf(
  model: Model,
  units: readonly string[],
  rounds: number,
): Promise<ReadonlyMap<string, Times>> {
  const samples = new Map<string, number[]>(units.map((unit) => [unit, []]));
  for (let round = 0; round < WARM_UP + rounds; round++) {
    for (const [unit, times] of samples) {
      const nanoseconds = Number(await model.exec(unit, TIMED));
      if (round >= WARM_UP) times.push(nanoseconds / 1e6);
    }
  }
  return new Map([...samples].map(([unit, times]) => [unit, summary(times)]));
}

/** One line for each hook-tool process of a dispatch. */
export async function toolsOf(model: Model, unit: string): Promise<readonly string[]> {
  return (await model.exec(unit, COUNTED)).trim().split('\n');
}

/** The median, and the tenths below and above which one in ten lies. */
function summary(times: readonly number[]): Times {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), low: at(0.1), high: at(0.9) };
}
