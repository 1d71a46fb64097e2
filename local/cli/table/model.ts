/** Verbs for the model as a whole, and those that only a local model has. */
import { verb } from '../spec.ts';

export const addModel = verb({
  name: 'add-model',
  group: 'Model',
  summary: 'Makes an empty model',
  args: '<model name>',
  details: ['`deploy` makes one by itself, with the name `local`.'],
  flags: {},
  examples: [{ command: 'juju-local add-model testing' }],
  seeAlso: ['deploy', 'destroy-model'],
});

export const destroyModel = verb({
  name: 'destroy-model',
  group: 'Model',
  summary: 'Ends every process of the model and removes all that it kept',
  args: '[<model name>]',
  details: ['On a terminal it asks for the name of the model first; elsewhere `--no-prompt` is needed.'],
  flags: {
    'no-prompt': { kind: 'boolean', summary: 'Do not ask' },
    'destroy-storage': {
      kind: 'boolean',
      summary: 'Accepted for the sake of scripts: storage always goes too',
    },
    force: { kind: 'boolean', summary: 'Accepted for the sake of scripts: it never waits for hooks' },
  },
  examples: [{ command: 'juju-local destroy-model --no-prompt' }],
  seeAlso: ['remove-application'],
});

export const version = verb({
  name: 'version',
  group: 'Model',
  summary: 'Prints the version of juju-local',
  args: '',
  details: [],
  flags: {},
  examples: [{ command: 'juju-local version' }],
});

export const help = verb({
  name: 'help',
  group: 'Model',
  summary: 'Shows help on juju-local, or on one of its commands',
  args: '[<command>]',
  details: [],
  flags: {},
  examples: [{ command: 'juju-local help deploy' }],
});

export const forward = verb({
  name: 'forward',
  group: 'Local',
  summary: 'Forwards ports of this machine to ports of a unit or an application, until Ctrl-C',
  args: '<unit>|<application> [<local port>:]<port> ...',
  details: [
    'As `kubectl port-forward`: `8080:9009` listens on 8080, `9009` on the same port, `:9009` on a free one. With the name of an application the connections go to its service address.',
  ],
  flags: {
    address: {
      kind: 'string',
      value: 'ADDRESS',
      default: '127.0.0.1',
      summary: 'Address of this machine to listen on',
    },
  },
  examples: [
    { command: 'juju-local forward mimir-k8s/0 9009' },
    { command: 'juju-local forward minio-k8s 8080:9000 8081:9001 --address 0.0.0.0' },
  ],
  seeAlso: ['ssh'],
});

export const kubernetes = verb({
  name: 'kubernetes',
  group: 'Local',
  summary: 'Starts a real Kubernetes API beside the model, or prints how a client reaches it',
  args: 'start|config',
  details: [
    'With `start` the model has an API server with a StatefulSet, Service and ServiceAccount for each application, as Juju makes them, and with rights by `--trust`. Charms find it as in a pod. The pods of units are replaced when a StatefulSet has another template, and are ready by the delays of its probes and readiness gates; all else that stands in an object changes nothing about the units. Pods that run already find it when they are started again, so start it before the first `deploy`.',
    '`config` prints a kubeconfig for `kubectl` and its like, for a forwarded port: `juju-local forward kubernetes 6443`.',
  ],
  flags: {
    server: {
      kind: 'string',
      value: 'URL',
      default: 'https://127.0.0.1:6443',
      summary: 'With config: where the client reaches the API server',
    },
  },
  examples: [
    { command: 'juju-local kubernetes start' },
    { command: 'juju-local kubernetes config > kubeconfig.json' },
  ],
  seeAlso: ['forward', 'trust'],
});

export const killPod = verb({
  name: 'kill-pod',
  group: 'Local',
  summary: 'Kills everything in the pod of a unit, which comes back as Kubernetes would bring it',
  args: '<unit>',
  details: ['The new pod keeps the volumes of the unit and nothing else, as when a node is lost.'],
  flags: {},
  examples: [{ command: 'juju-local kill-pod mimir-k8s/0' }],
  seeAlso: ['hold-pod', 'kill-container', 'status'],
});

export const deletePod = verb({
  name: 'delete-pod',
  group: 'Local',
  summary: 'Asks everything in the pod of a unit to end, which comes back as Kubernetes would bring it',
  args: '<unit>',
  details: [
    'All containers get SIGTERM at the same moment, as with `kubectl delete pod` or when a node is drained: what Pebble runs is being stopped while the charm runs its hook `stop`. What has not ended after 30 seconds is killed. The new pod keeps the volumes of the unit.',
  ],
  flags: {},
  examples: [{ command: 'juju-local delete-pod mimir-k8s/0' }],
  seeAlso: ['kill-pod', 'status'],
});

export const holdPod = verb({
  name: 'hold-pod',
  group: 'Local',
  summary: 'Kills everything in the pod of a unit, which does not come back until it is released',
  args: '<unit>',
  details: [
    'As when a node is lost and no other one has room. `status` shows the agent as lost. Its unit stays in the model, with its data in all relations: nobody is told that it is away.',
    'A unit that leads does so until its lease has run out, a minute after its agent renewed it last; then another unit claims the leadership and runs `leader-elected`. The one that led finds itself a follower when it is back, without a hook. Tests shorten the lease: `juju-local model-config leadership-lease=5s`.',
  ],
  flags: {},
  examples: [{ command: 'juju-local hold-pod mimir-k8s/0' }],
  seeAlso: ['release-pod', 'kill-pod', 'model-config'],
});

export const releasePod = verb({
  name: 'release-pod',
  group: 'Local',
  summary: 'Lets the pod of a unit come back that was held',
  args: '<unit>',
  details: ['The new pod keeps the volumes of the unit and nothing else.'],
  flags: {},
  examples: [{ command: 'juju-local release-pod mimir-k8s/0' }],
  seeAlso: ['hold-pod', 'status'],
});

export const killContainer = verb({
  name: 'kill-container',
  group: 'Local',
  summary: 'Kills everything in one container of a unit, which is started again',
  args: '<unit> <container>',
  details: ['`charm` is the container of the charm. A killed container begins with a fresh writable layer.'],
  flags: {},
  examples: [{ command: 'juju-local kill-container mimir-k8s/0 mimir' }],
  seeAlso: ['kill-pod'],
});
