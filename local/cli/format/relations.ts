/** The rows of `status --relations`. */
import type { ApplicationStatus, ModelStatus } from '../../api.ts';

export interface RelationRow {
  /** `app:endpoint`. */
  readonly provider: string;
  readonly requirer: string;
  readonly interface: string;
  readonly type: 'regular' | 'peer';
}

interface End {
  readonly application: string;
  readonly endpoint: string;
  readonly related: string;
  readonly interface: string;
}

/**
 * Both ends of every relation, out of juju's JSON, which names at each end only the far application. Ends are
 * paired by interface; which of the two provides is not told there, so the first by name stands for it.
 */
export function relationRows(applications: ModelStatus['applications']): RelationRow[] {
  const open = Object.entries(applications).flatMap(([name, application]) => endsOf(name, application));
  const rows: RelationRow[] = [];
  while (open.length > 0) {
    const end = open.shift();
    if (end === undefined) break;
    const own = `${end.application}:${end.endpoint}`;
    if (end.related === end.application) {
      rows.push({ provider: own, requirer: own, interface: end.interface, type: 'peer' });
      continue;
    }
    const at = open.findIndex(
      (other) =>
        other.application === end.related &&
        other.related === end.application &&
        other.interface === end.interface,
    );
    const far = at === -1 ? undefined : open.splice(at, 1)[0];
    const requirer = far === undefined ? end.related : `${far.application}:${far.endpoint}`;
    rows.push({ provider: own, requirer, interface: end.interface, type: 'regular' });
  }
  return rows;
}

function endsOf(application: string, status: ApplicationStatus): End[] {
  return Object.entries(status.relations ?? {}).flatMap(([endpoint, others]) =>
    others.map((other) => ({
      application,
      endpoint,
      related: other['related-application'],
      interface: other.interface,
    })),
  );
}
