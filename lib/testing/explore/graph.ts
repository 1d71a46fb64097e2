/** The places that were found, and the hooks that lead from one to the next. */
import { stableJson } from '../../model/relation.ts';
import { agendaKey, type Move, type Place } from './agenda.ts';
import { worldKey } from './canonical.ts';

export interface Found extends Place {
  readonly number: number;
  /** How it was first reached. */
  readonly from?: { readonly found: Found; readonly move: Move };
  /** Steps on that way: hooks that Juju owed are not counted. */
  steps: number;
  /** By the hook's name: where it leads. Undefined for one that failed. */
  readonly edges: Map<string, { readonly move: Move; readonly to: Found | undefined }>;
  isExpanded: boolean;
}

export class Graph {
  readonly #byKey = new Map<string, Found>();

  get size(): number {
    return this.#byKey.size;
  }

  all(): readonly Found[] {
    return [...this.#byKey.values()];
  }

  /** The place, new or known; known ones keep the shorter way. */
  find(
    place: Place,
    steps: number,
    from?: Found['from'],
  ): { readonly found: Found; readonly isNew: boolean } {
    const outside = stableJson(place.outside ?? null);
    const key = [worldKey(place.state), agendaKey(place.agenda), outside].join('\n');
    const known = this.#byKey.get(key);
    if (known !== undefined) return { found: known, isNew: false };
    const found: Found = {
      ...place,
      number: this.#byKey.size,
      ...(from === undefined ? {} : { from }),
      steps,
      edges: new Map(),
      isExpanded: false,
    };
    this.#byKey.set(key, found);
    return { found, isNew: true };
  }
}

/** The hooks that led here, as numbered lines. */
export function story(found: Found, ...more: readonly Move[]): readonly string[] {
  const moves = [...more].reverse();
  for (let at: Found | undefined = found; at?.from !== undefined; at = at.from.found)
    moves.push(at.from.move);
  return moves.reverse().map(({ name, event }, index) => `${index + 1}. ${name} (${hookLabel(event)})`);
}

function hookLabel(event: Move['event']): string {
  if ('endpoint' in event) return `${event.endpoint}-${event.kind}`;
  if ('container' in event) return `${event.container}-${event.kind}`;
  return event.kind === 'action' ? `action ${event.action}` : event.kind;
}

/** Where Juju stops when it has run everything that it owes, in its first order; undefined when a hook failed. */
export function atRest(found: Found): Found | undefined {
  const owed = [...found.edges.values()].find(({ move }) => move.isOwed);
  if (owed === undefined)
    return Object.keys(found.agenda.owed).length === 0 || found.agenda.gone ? found : undefined;
  return owed.to === undefined ? undefined : atRest(owed.to);
}
