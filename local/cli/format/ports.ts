/** Open ports as juju's table shows them. */

/** `['9009/tcp', '80/tcp', '81/tcp', '53/udp']` -> `80-81,9009/tcp 53/udp`. */
export function formatPorts(ports: readonly string[]): string {
  const byProtocol = new Map<string, number[]>();
  const others: string[] = [];
  for (const port of ports) {
    const match = /^(\d+)(?:-(\d+))?\/(\w+)$/.exec(port);
    const [, first, last = first, protocol] = match ?? [];
    if (first === undefined || last === undefined || protocol === undefined) {
      others.push(port);
      continue;
    }
    const numbers = byProtocol.get(protocol) ?? [];
    for (let number = Number(first); number <= Number(last); number++) numbers.push(number);
    byProtocol.set(protocol, numbers);
  }
  const groups = [...byProtocol]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([protocol, numbers]) => `${ranges(numbers).join(',')}/${protocol}`);
  return [...groups, ...others.sort()].join(' ');
}

function ranges(numbers: readonly number[]): string[] {
  const runs: { first: number; last: number }[] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && run.last + 1 === number) run.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`));
}
