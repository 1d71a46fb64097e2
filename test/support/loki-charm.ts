/** Something that takes what Pebble pushes to a Loki, and shows it: the workload of a small charm. */
import { z } from 'zod';
import type { TestModel, TinyCharm } from '../local/tiny-charm.ts';
import { writeCharm } from '../local/tiny-charm.ts';

/** Each push as a line of a file, whatever it is. */
const SERVER = `
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open("/var/pushed.jsonl", "ab") as file:
            file.write(body.replace(b"\\n", b"") + b"\\n")
        self.send_response(204)
        self.end_headers()
HTTPServer(("0.0.0.0", 3100), Handler).serve_forever()
`;

function charm(name: string): TinyCharm {
  return {
    name,
    metadata: `
containers:
  loki: {}
provides:
  logging: {interface: loki_push_api}
`,
    script: `
export PEBBLE_SOCKET=/charm/containers/loki/pebble.socket
case "$DISPATCH" in
  hooks/loki-pebble-ready)
    cat > server.py <<'SERVER'
${SERVER}
SERVER
    /charm/bin/pebble push server.py /var/server.py
    cat > layer.yaml <<'LAYER'
services:
  loki:
    override: replace
    startup: enabled
    command: python3 /var/server.py
LAYER
    /charm/bin/pebble add loki layer.yaml
    /charm/bin/pebble replan
    open-port 3100
    status-set active ;;
  hooks/logging-relation-changed)
    url="http://$(network-get logging --ingress-address):3100/loki/api/v1/push"
    relation-set "endpoint={\\"url\\":\\"$url\\"}" ;;
esac`,
  };
}

const push = z.object({
  streams: z.array(
    z.object({
      stream: z.record(z.string(), z.string()),
      values: z.array(z.tuple([z.string(), z.string()])),
    }),
  ),
});

export interface PushedLine {
  readonly labels: Readonly<Record<string, string>>;
  readonly text: string;
}

export class LokiStandIn {
  readonly #model: TestModel;
  readonly #name: string;

  constructor(model: TestModel, name: string) {
    this.#model = model;
    this.#name = name;
  }

  async deploy(): Promise<void> {
    await this.#model.client.call('deploy', {
      charm: await writeCharm(this.#model.folder, charm(this.#name)),
    });
  }

  /** In the order of their arrival. */
  async lines(): Promise<readonly PushedLine[]> {
    const argv = ['/bin/sh', '-c', 'cat /var/pushed.jsonl 2>/dev/null; true'];
    const text = await this.#model.ssh(`${this.#name}/0`, 'loki', argv);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => push.parse(JSON.parse(line)).streams)
      .flatMap(({ stream, values }) => values.map(([, line]) => ({ labels: stream, text: line })));
  }

  /** What the other side of its first relation gives it to look for. */
  async rules(): Promise<string> {
    const unit = `${this.#name}/0`;
    const relation = (await this.#model.exec(unit, 'relation-ids logging')).trim().split('\n')[0];
    const other = (await this.#model.exec(unit, `relation-list -r ${relation} --app`)).trim();
    return this.#model.exec(unit, `relation-get -r ${relation} --app alert_rules ${other}`);
  }
}
