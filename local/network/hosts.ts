/** The hosts file of every pod: what cluster DNS answers in Kubernetes. */
import { writeFileSync } from 'node:fs';
import { unitsOf } from '../model/lookup.ts';
import type { Model } from '../model/state.ts';

/** Units as `APP-N.APP-endpoints.MODEL.svc.cluster.local`, services as `APP.MODEL.svc.cluster.local`, and short forms. */
export function hostsFile(model: Model, unit: string): string {
  const lines = ['127.0.0.1 localhost', '::1 localhost ip6-localhost ip6-loopback'];
  for (const application of Object.values(model.applications)) {
    const service = `${application.name}.${model.name}.svc`;
    lines.push(
      `${application.address} ${service}.cluster.local ${service} ${application.name}.${model.name} ${application.name}`,
    );
    for (const { name, address } of unitsOf(application)) {
      const host = name.replace('/', '-');
      const domain = `${application.name}-endpoints.${model.name}.svc`;
      const names = [
        `${host}.${domain}.cluster.local`,
        `${host}.${domain}`,
        `${host}.${application.name}-endpoints`,
        // The headless service resolves to every pod: one line for each address, as resolvers read this file.
        `${domain}.cluster.local`,
        domain,
        `${application.name}-endpoints`,
      ];
      // A pod knows itself by its bare host name only.
      lines.push(`${address} ${names.join(' ')}${name === unit ? ` ${host}` : ''}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Keeps hosts files true; they are rewritten in place, since they are mounted. */
export class HostsFiles {
  readonly #written = new Map<string, string>();

  write(path: string, content: string): void {
    if (this.#written.get(path) === content) return;
    writeFileSync(path, content);
    this.#written.set(path, content);
  }

  forget(path: string): void {
    this.#written.delete(path);
  }
}
