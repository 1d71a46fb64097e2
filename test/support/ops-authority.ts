/** The charm `ops-authority`: certificates over tls-certificates, and trust over certificate_transfer, by Canonical's libraries. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestModel } from './local-model.ts';
import { pythonLibrary } from './pypi.ts';

const LIBRARIES = {
  'charmlibs-interfaces-tls-certificates': '1.12.0',
  'charmlibs-interfaces-certificate-transfer': '1.1.0',
} as const;
const CHARM = fileURLToPath(new URL('../interop/charms/ops-authority', import.meta.url));

export async function deployAuthority(model: TestModel): Promise<void> {
  const charm = join(model.dir, 'ops-authority');
  await cp(CHARM, charm, { recursive: true });
  for (const [name, version] of Object.entries(LIBRARIES))
    await cp(await pythonLibrary(name, version), join(charm, 'venv'), { recursive: true, force: true });
  await model.client.call('deploy', { charm });
}
