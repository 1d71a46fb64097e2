/** The rules sync on a real ruler: what it costs by how much has changed, and by how much is there. */
import { MimirApi } from '../../../charm/mimir-api.ts';
import type { RulerApi } from '../../../charm/sender-rules/ruler.ts';
import type { Sent } from '../../../charm/sender-rules/sync.ts';
import { type Curve, sheet } from '../../pictures/chart.ts';
import { median } from '../dispatch.ts';
import { type Figure, table } from '../figures.ts';
import { syncAll, withRuler } from '../ruler.ts';
import { GROUPS, sentBy } from '../rules.ts';
import type { Measured } from './measured.ts';

const HOST = '127.77.62.2';
/** Senders that are there, and how many of them change one group each. */
const THERE = [25, 50, 100];
const CHANGED = [1, 5, 10, 20];

interface Cost {
  readonly there: number;
  readonly changed: number;
  readonly milliseconds: number;
  readonly requests: number;
}

export async function rules(rounds: number): Promise<Measured> {
  return withRuler(HOST, async (url) => {
    const costs: Cost[] = [];
    let present = 0;
    for (const there of THERE) {
      await sync(url, numbers(present, there), undefined);
      present = there;
      for (const changed of CHANGED) costs.push(await costOf(url, there, changed, rounds));
    }
    return told(costs);
  });
}

async function costOf(url: string, there: number, changed: number, rounds: number): Promise<Cost> {
  const times: number[] = [];
  let requests = 0;
  // An odd round changes what an even one has changed back, so that each has as much to do.
  for (let round = 0; round < 2 * rounds; round++) {
    const begun = performance.now();
    requests = await sync(url, numbers(0, changed), round % 2 === 0 ? 0 : undefined);
    times.push(performance.now() - begun);
  }
  return { there, changed, milliseconds: median(times), requests };
}

/** @returns requests to the ruler. */
async function sync(url: string, senders: readonly number[], changed: number | undefined): Promise<number> {
  const sent: readonly Sent[] = senders.map((i) => ({
    key: `${i}:agent`,
    text: sentBy(i, changed),
    mayBeThere: true,
  }));
  const { api, requests } = counted(new MimirApi(url));
  await syncAll(api, sent);
  return requests();
}

function counted(api: MimirApi): { readonly api: RulerApi; requests(): number } {
  let count = 0;
  const note = <T>(asked: T): T => {
    count += 1;
    return asked;
  };
  return {
    api: {
      rules: (...words) => note(api.rules(...words)),
      setRuleGroup: (...words) => note(api.setRuleGroup(...words)),
      deleteRuleGroup: (...words) => note(api.deleteRuleGroup(...words)),
      deleteRuleNamespace: (...words) => note(api.deleteRuleNamespace(...words)),
    },
    requests: () => count,
  };
}

function told(costs: readonly Cost[]): Measured {
  const curves = (of: 'milliseconds' | 'requests', scale: number): readonly Curve[] =>
    THERE.map((there) => ({
      legend: `${there * GROUPS} groups there`,
      points: costs
        .filter((cost) => cost.there === there)
        .map((cost) => [cost.changed, cost[of] * scale] as const),
    }));
  const x = 'senders of which one group has changed';
  const rows = costs.map(({ there, changed, milliseconds, requests }) => [
    `${there * GROUPS}`,
    `${changed}`,
    `${milliseconds.toFixed(0)} ms`,
    `${requests}`,
  ]);
  return {
    facts: {
      syncForEachSender: Math.max(...costs.map(({ milliseconds, changed }) => milliseconds / changed)),
    },
    figures: [requestsFigure(costs)],
    pictures: [
      {
        file: 'growth-rules.svg',
        about: 'The rules sync, by how much has changed and by how much is there',
        svg: sheet([
          {
            kind: 'lines',
            title: 'rules sync on a real ruler: time',
            x,
            unit: 's',
            curves: curves('milliseconds', 1e-3),
          },
          {
            kind: 'lines',
            title: 'rules sync: requests to the ruler',
            x,
            unit: 'none',
            curves: curves('requests', 1),
          },
        ]),
      },
    ],
    text: table([['rule groups there', x, 'time', 'requests to the ruler'], ...rows]),
  };
}

/** Time is another run's; requests are what the time is made of. */
function requestsFigure(costs: readonly Cost[]): Figure {
  const each = costs.map(({ requests, changed }) => requests / changed);
  const [least, most] = [Math.min(...each), Math.max(...each)];
  return {
    what: 'requests to the ruler for each sender that has changed a group, whatever is there and however many have',
    measured: least === most ? `${most}` : `${least} to ${most}`,
    limit: `${least}`,
    holds: most === least,
  };
}

function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
