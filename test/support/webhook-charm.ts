/** A charm whose workload takes what is posted to it and keeps it: who is notified, in a model. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TinyCharm, writeCharm } from '../local/tiny-charm.ts';
import type { TestModel } from './local-model.ts';

const KEPT = '/var/posted.jsonl';

const webhook: TinyCharm = {
  name: 'webhook',
  metadata: `
containers:
  web: {resource: web-image}
resources:
  web-image: {type: oci-image, description: Node and the script}
`,
  script: `
if [ "$DISPATCH" = hooks/web-pebble-ready ]; then
  export PEBBLE_SOCKET=/charm/containers/web/pebble.socket
  cat > layer.yaml <<'LAYER'
services:
  web: {override: replace, startup: enabled, command: /bin/node /bin/receive.mjs}
LAYER
  /charm/bin/pebble add web layer.yaml
  /charm/bin/pebble replan
  status-set active
fi`,
};

const RECEIVE = `
import { appendFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
createServer(async (request, response) => {
  const body = JSON.parse(await text(request));
  await appendFile('${KEPT}', JSON.stringify({ path: request.url, body }) + '\\n');
  response.end();
}).listen(8080);
`;

export class Webhook {
  readonly #model: TestModel;

  constructor(model: TestModel) {
    this.#model = model;
  }

  async deploy(): Promise<void> {
    const image = join(this.#model.dir, 'webhook-image');
    await mkdir(join(image, 'bin'), { recursive: true });
    await cp(process.execPath, join(image, 'bin/node'), { dereference: true });
    await writeFile(join(image, 'bin/receive.mjs'), RECEIVE);
    await this.#model.client.call('deploy', {
      charm: await writeCharm(this.#model.dir, webhook),
      resources: { 'web-image': image },
    });
  }

  /** Its address in the model. */
  url(path: string): string {
    return `http://webhook-0.webhook-endpoints.local.svc.cluster.local:8080${path}`;
  }

  /** The bodies that were posted to a path so far. */
  async posted(path: string): Promise<readonly unknown[]> {
    const { out } = await this.#model.ssh('webhook/0', 'web', ['/bin/sh', '-c', `cat ${KEPT} 2>/dev/null`]);
    const lines = out.split('\n').filter((line) => line !== '');
    return lines
      .map((line) => Object(JSON.parse(line)))
      .flatMap((each) => (each.path === path ? [each.body] : []));
  }
}
