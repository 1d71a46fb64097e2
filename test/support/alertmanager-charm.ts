/** Debian's Alertmanager as the workload of a small charm, which says where it is as Canonical's charm does. */
import { type TinyCharm, writeCharm } from '../local/tiny-charm.ts';
import type { TestModel } from './local-model.ts';

function alertmanagerCharm(program: string, config: string): TinyCharm {
  return {
    name: 'alertmanager',
    metadata: `
containers:
  am: {resource: am-image}
resources:
  am-image: {type: oci-image, description: none}
provides:
  alerting: {interface: alertmanager_dispatch}
`,
    script: `
case "$DISPATCH" in
  hooks/am-pebble-ready)
    export PEBBLE_SOCKET=/charm/containers/am/pebble.socket
    cat > alertmanager.yml <<'CONFIG'
${config}
CONFIG
    cat > layer.yaml <<'LAYER'
services:
  am:
    override: replace
    startup: enabled
    command: ${program} --config.file=/etc/alertmanager.yml --storage.path=/var/alertmanager --cluster.listen-address=
LAYER
    /charm/bin/pebble push alertmanager.yml /etc/alertmanager.yml
    /charm/bin/pebble add am layer.yaml
    /charm/bin/pebble replan
    status-set active ;;
  hooks/alerting-relation-created)
    host="$(echo "$JUJU_UNIT_NAME" | tr / -).alertmanager-endpoints.$JUJU_MODEL_NAME.svc.cluster.local"
    relation-set "url=http://$host:9093" ;;
esac`,
  };
}

/** The application `alertmanager`. @param program where Debian has put it. */
export async function deployAlertmanager(model: TestModel, program: string, config: string): Promise<void> {
  await model.client.call('deploy', {
    charm: await writeCharm(model.dir, alertmanagerCharm(program, config)),
    resources: { 'am-image': 'none' },
  });
}
