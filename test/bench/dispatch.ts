/** What one dispatch costs on a unit where there is nothing to change. */
import type { Model } from './model.ts';

const WARM_UP = 3;

/** As Juju starts it for `update-status`; `juju exec` leaves these two for the command to say. */
const EVENT = 'export JUJU_DISPATCH_PATH=hooks/update-status JUJU_HOOK_NAME=update-status';

/** Timed on the unit, so that the command line's own time is not in it: seconds that passed, of user and of kernel. */
const TIMED = `${EVENT} TIMEFORMAT='%R %U %S'
time ./dispatch >/dev/null 2>.dispatch-stderr || { cat .dispatch-stderr; exit 1; }`;

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
  /** Of all processes together: another measure than the time that passes when others use the machine, too. */
  readonly cpu: number;
}

/** Runs the units' dispatch in turn, so that whatever else the machine does meets all of them. */
export async function timesOf(
  model: Model,
  units: readonly string[],
  rounds: number,
): Promise<ReadonlyMap<string, Times>> {
  const samples = new Map<string, Sample[]>(units.map((unit) => [unit, []]));
  for (let round = 0; round < WARM_UP + rounds; round++) {
    for (const [unit, taken] of samples) {
      const sample = parseSample(await model.exec(unit, `{ ${TIMED}; } 2>&1`));
      if (round >= WARM_UP) taken.push(sample);
    }
  }
  return new Map([...samples].map(([unit, taken]) => [unit, summary(taken)]));
}

/** One line for each hook-tool process of a dispatch. */
export async function toolsOf(model: Model, unit: string): Promise<readonly string[]> {
  return (await model.exec(unit, COUNTED)).trim().split('\n');
}

/** In milliseconds. */
interface Sample {
  readonly passed: number;
  readonly cpu: number;
}

function parseSample(text: string): Sample {
  const [passed = Number.NaN, user = Number.NaN, system = Number.NaN] = text.trim().split(' ').map(Number);
  if (Number.isNaN(passed + user + system)) throw new Error(`a dispatch failed: ${text}`);
  return { passed: passed * 1000, cpu: (user + system) * 1000 };
}

/** The medians, and the tenths below and above which one in ten lies. */
function summary(samples: readonly Sample[]): Times {
  const sorted = samples.map(({ passed }) => passed).toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), low: at(0.1), high: at(0.9), cpu: median(samples.map(({ cpu }) => cpu)) };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
