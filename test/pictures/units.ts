/** Figures as Grafana shows them, as far as our dashboards use its units. */

const PER_SECOND: Readonly<Record<string, string>> = {
  reqps: 'req/s',
  ops: 'ops/s',
  cps: '/s',
  pps: 'p/s',
};

export function format(value: number, unit: string): string {
  switch (unit) {
    case 'percentunit':
      return `${digits(value * 100)}%`;
    case 's':
      return seconds(value);
    case 'bytes':
      return scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
    case 'Bps':
      return scaled(value, 1000, ['B/s', 'kB/s', 'MB/s', 'GB/s']);
    case 'none':
      return digits(value);
    default:
      return `${scaled(value, 1000, ['', 'K', 'M', 'G'])} ${PER_SECOND[unit] ?? ''}`.trim();
  }
}

/** How many of the base unit the one is in which such a value is shown. */
export function scaleOf(value: number, unit: string): number {
  if (unit === 'bytes') return 1024 ** Math.floor(Math.log2(Math.max(1, value)) / 10);
  if (unit !== 's' || value < 120) return 1;
  return value < 7200 ? 60 : 3600;
}

function scaled(value: number, base: number, names: readonly string[]): string {
  let [rest, index] = [value, 0];
  while (Math.abs(rest) >= base && index < names.length - 1) {
    rest /= base;
    index += 1;
  }
  return `${digits(rest)} ${names[index] ?? ''}`.trim();
}

function seconds(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0 s';
  if (size < 1e-3) return `${digits(value * 1e6)} µs`;
  if (size < 1) return `${digits(value * 1e3)} ms`;
  if (size < 120) return `${digits(value)} s`;
  if (size < 7200) return `${digits(value / 60)} min`;
  return size < 172_800 ? `${digits(value / 3600)} h` : `${digits(value / 86_400)} d`;
}

function digits(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(3)));
}
