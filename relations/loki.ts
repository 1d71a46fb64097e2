/** Interface `loki_push_api`, requirer: who takes our logs, and rules about them. */
import { type Bag, parseJson, stableJson } from 'charmwright';
import * as z from 'zod/mini';
import type { KeyProblem } from './bag.ts';
import { plainHttpUrl } from './http-url.ts';
import type { JujuTopology } from './juju-topology.ts';

export interface LogRule {
  readonly alert: string;
  /** LogQL. */
  readonly expr: string;
  readonly for?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface LogRuleGroup {
  readonly name: string;
  readonly rules: readonly LogRule[];
}

export interface LokiWords {
  readonly topology: JujuTopology;
  /** Whoever writes it: readers want to know. */
  readonly unit: string;
  readonly groups: readonly LogRuleGroup[];
}

/** Our application's databag. */
export function lokiApp({ topology, unit, groups }: LokiWords): Bag {
  const { model, modelUuid, application, charm } = topology;
  return {
    alert_rules: stableJson({ groups }),
    metadata: stableJson({ application, charm_name: charm, model, model_uuid: modelUuid, unit }),
  };
}

export type PushEndpoint =
  /** The URL, with its whole path, is absent while the unit has not said it. */
  | { readonly ok: true; readonly address?: string }
  | { readonly ok: false; readonly problems: readonly KeyProblem[] };

const shape = z.object({ url: plainHttpUrl });

/** One unit's databag. */
export function readPushEndpoint({ endpoint = '' }: Bag): PushEndpoint {
  if (endpoint === '') return { ok: true };
  const parsed = shape.safeParse(parseJson(endpoint));
  if (parsed.success) return { ok: true, address: parsed.data.url };
  const [issue] = parsed.error.issues;
  const problem = issue?.path[0] === 'url' ? `url: ${issue.message}` : 'must be {"url": URL}';
  return { ok: false, problems: [{ key: 'endpoint', problem }] };
}

const event = z.object({ errors: z.optional(z.string()) });

/** What a Loki has against our rules, in its words. */
export function readLokiErrors(app: Bag): readonly string[] {
  const { errors = '' } = event.safeParse(parseJson(app.event ?? '')).data ?? {};
  return errors === '' ? [] : [errors];
}
