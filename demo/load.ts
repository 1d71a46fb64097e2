/** The demo's metrics, and what Mimir must answer about them. */
import type { Series } from '../test/support/remote-write.ts';

const SENSORS = 20;
const SAMPLES = 200;
const STEP_MS = 15_000;

export interface Load {
  readonly series: readonly Series[];
  readonly samples: number;
  readonly sum: number;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/** Temperatures of some sensors over the last fifty minutes, one sample every 15 s. */
export function makeLoad(now: number): Load {
  const to = Math.floor(now / STEP_MS) * STEP_MS;
  const from = to - (SAMPLES - 1) * STEP_MS;
  const series = Array.from({ length: SENSORS }, (_, sensor) => ({
    labels: { __name__: 'demo_temperature_celsius', sensor: `s${String(sensor).padStart(2, '0')}` },
    samples: Array.from({ length: SAMPLES }, (_, i) => ({
      timestamp: from + i * STEP_MS,
      value: temperature(sensor, i),
    })),
  }));
  const values = series.flatMap((one) => one.samples.map((sample) => sample.value));
  return { series, samples: values.length, sum: values.reduce((a, b) => a + b, 0), from, to };
}

/** A slow wave with a faster one on it; exact in binary, so that sums are exact too. */
function temperature(sensor: number, i: number): number {
  const wave = 20 + 6 * Math.sin(i / 18 + sensor / 9) + 1.5 * Math.sin(i / 3 + sensor);
  return Math.round(wave * 64) / 64;
}
