/** What the other ends of send-remote-write say, as Canonical's library reads it, and one key more. */
import { json } from 'charmwright';
import * as z from 'zod';

/** A unit's databag. */
export const receiverUnit = z.object({
  remote_write: json(z.object({ url: z.url({ protocol: /^https?$/ }) })).optional(),
});

/** The application's databag. `ha` names the labels by which it tells replicas of one sender apart. */
export const receiverApp = z.object({
  event: json(z.object({ errors: z.string().optional() })).optional(),
  ha: json(z.object({ cluster_label: z.string().min(1), replica_label: z.string().min(1) })).optional(),
});

export type ReplicaLabels = NonNullable<z.output<typeof receiverApp>['ha']>;

export interface Receiver {
  readonly url: string;
  readonly replicaLabels?: ReplicaLabels | undefined;
}

/** Each distinct URL once, whatever the number of units that name it. */
export function distinct(receivers: readonly Receiver[]): readonly Receiver[] {
  const byUrl = new Map(receivers.map((receiver) => [receiver.url, receiver]));
  return [...byUrl.values()].toSorted((a, b) => (a.url < b.url ? -1 : 1));
}
