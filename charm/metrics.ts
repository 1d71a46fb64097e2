/** Prometheus' text format, as much of it as the charm reads. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;
const INFINITE: Readonly<Record<string, number>> = { '+Inf': Infinity, '-Inf': -Infinity };

/** The samples of these families, or of all, in the order of the text. Lines that are none are passed over. */
export function readMetrics(text: string, names?: readonly string[]): readonly Sample[] {
  return text
    .split('\n')
    .map((line) => SAMPLE.exec(line))
    .flatMap((match) => {
      const [, name, labels = '', value = ''] = match ?? [];
      if (name === undefined || names?.includes(name) === false) return [];
      return [{ name, labels: readLabels(labels), value: INFINITE[value] ?? Number(value) }];
    });
}

function readLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(LABEL)].map(([, name = '', value = '']) => [
      name,
      value.replaceAll(/\\(.)/g, (_all, char: string) => (char === 'n' ? '\n' : char)),
    ]),
  );
}

/** Sum of a family; 0 when there is no sample of it, as counters are absent before their first event. */
export function sumOf(samples: readonly Sample[], name: string): number {
  return samples.filter((sample) => sample.name === name).reduce((sum, { value }) => sum + value, 0);
}
