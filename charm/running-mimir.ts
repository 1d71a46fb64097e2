/** Mimirs as clients, by what this unit's own was last started with: all units speak TLS, or none does. */
import { type MimirApi, mimirAt } from './mimir-api.ts';
import type { Inputs } from './plan/inputs.ts';
import { runningTrust } from './plan/tls.ts';

type Place = Pick<Inputs, 'address' | 'app' | 'container' | 'model'>;

/** @param host of any unit: an IP address, or a name. */
export function runningMimirAt(inputs: Place, host: string): MimirApi {
  return mimirAt(host, runningTrust(inputs.container.files ?? {}, inputs));
}

/** This unit's; undefined while it has no address. */
export function ownRunningMimir(inputs: Place): MimirApi | undefined {
  const { ip } = inputs.address;
  return ip === undefined ? undefined : runningMimirAt(inputs, ip);
}
