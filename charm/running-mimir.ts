/** Mimirs as clients, by what this unit's own was last started with: all units speak TLS, or none does. */
import { type MimirApi, mimirAt } from './mimir-api.ts';
import type { Inputs } from './plan/inputs.ts';
import { runningComponents } from './plan/running.ts';
import { runningTrust } from './plan/tls.ts';
import { serviceHost } from './plan/urls.ts';

type Place = Pick<Inputs, 'address' | 'app' | 'authorities' | 'container' | 'model'>;

/** @param host of any unit: an IP address, or a name. */
export function runningMimirAt(inputs: Place, host: string): MimirApi {
  return mimirAt(host, trust(inputs));
}

/** A unit without a Mimir of its own knows what is agreed on. */
function trust(inputs: Place): ReturnType<typeof runningTrust> {
  const { authorities, container } = inputs;
  if (runningComponents(inputs).length > 0) return runningTrust(container.files ?? {}, inputs);
  return authorities === undefined ? undefined : { authorities, serverName: serviceHost(inputs) };
}

/** This unit's; undefined while it has no address. */
export function ownRunningMimir(inputs: Place): MimirApi | undefined {
  const { ip } = inputs.address;
  return ip === undefined ? undefined : runningMimirAt(inputs, ip);
}
