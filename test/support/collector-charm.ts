/** The OpenTelemetry Collector's receiver as the workload of a small charm, which other charms send traces to. */
import { image } from '../../tools/peers.ts';
import { type TestModel, type TinyCharm, writeCharm } from '../local/tiny-charm.ts';
import { type ReceivedSpan, spansIn } from './otlp-receiver.ts';

const collector: TinyCharm = {
  name: 'collector',
  metadata: `
containers:
  otlp: {resource: otlp-image}
resources:
  otlp-image: {type: oci-image, description: the receiver}
provides:
  tracing: {interface: tracing}
`,
  script: `
export PEBBLE_SOCKET=/charm/containers/otlp/pebble.socket
case "$DISPATCH" in
  hooks/otlp-pebble-ready)
    cat > layer.yaml <<'LAYER'
services:
  otlp:
    override: replace
    startup: enabled
    command: /bin/otlp-receiver --listen 0.0.0.0:4318 --out /var/spans.jsonl
LAYER
    /charm/bin/pebble add otlp layer.yaml
    /charm/bin/pebble replan
    open-port 4318
    status-set active ;;
  hooks/tracing-relation-changed)
    asked=$(relation-get --app receivers "$JUJU_REMOTE_APP")
    juju-log "asked for $asked"
    url="http://$(network-get tracing --ingress-address):4318/"
    if [ "$asked" = '["otlp_http"]' ]; then
      relation-set --app "receivers=[{\\"protocol\\":{\\"name\\":\\"otlp_http\\",\\"type\\":\\"http\\"},\\"url\\":\\"$url\\"}]"
    fi ;;
esac`,
};

/** The application `collector` in a model. */
export class Collector {
  readonly #model: TestModel;

  constructor(model: TestModel) {
    this.#model = model;
  }

  async deploy(): Promise<void> {
    await this.#model.client.call('deploy', {
      charm: await writeCharm(this.#model.folder, collector),
      resources: { 'otlp-image': await image('otlp-receiver') },
    });
  }

  async received(): Promise<readonly ReceivedSpan[]> {
    const argv = ['/bin/sh', '-c', 'cat /var/spans.jsonl'];
    return spansIn(await this.#model.ssh('collector/0', 'otlp', argv));
  }

  /** The traces that have such a span, each as its spans. */
  async tracesWith(isSuch: (span: ReceivedSpan) => boolean): Promise<readonly (readonly ReceivedSpan[])[]> {
    const spans = await this.received();
    const ids = new Set(spans.filter(isSuch).map(({ traceId }) => traceId));
    return [...ids].map((id) => spans.filter(({ traceId }) => traceId === id));
  }

  async stop(): Promise<void> {
    await this.#pebble('stop otlp');
  }

  async start(): Promise<void> {
    await this.#pebble('start otlp');
  }

  async #pebble(command: string): Promise<void> {
    const socket = 'PEBBLE_SOCKET=/charm/containers/otlp/pebble.socket';
    await this.#model.exec('collector/0', `${socket} /charm/bin/pebble ${command}`);
  }
}
