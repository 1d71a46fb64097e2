/** Verbs that bring applications, make them larger or smaller, and join them. */
import { verb } from '../spec.ts';

const resource = {
  kind: 'strings',
  value: 'NAME=FOLDER',
  summary: 'Image folder of an oci-image resource (its root file system), a file, or `none`; repeatable',
} as const;

export const deploy = verb({
  name: 'deploy',
  group: 'Applications',
  summary: 'Deploys a charm, and makes the model when there is none',
  args: '<charm> [<application name>]',
  details: [
    'The charm is a `.charm` file, or the folder of an unpacked one. The application takes the name of the charm unless another is given.',
    'Options are set with `--config`, once for each `key=value`, or from a YAML file: a map of options, or such maps by application name. `key=@file` takes the value from a file.',
    'A workload runs in the folder that its image resource names, laid over the root of this machine. With `none` for the folder it is the root of this machine alone, with its programs; of several images, those that are not given are `none`.',
  ],
  flags: {
    'num-units': {
      kind: 'integer',
      short: 'n',
      value: 'N',
      default: 1,
      summary: 'Number of units to deploy',
    },
    config: {
      kind: 'strings',
      value: 'KEY=VALUE|FILE',
      summary: 'An option, or a YAML file of options; repeatable',
    },
    resource,
    trust: { kind: 'boolean', summary: 'Give the application access to the credentials of the cloud' },
  },
  examples: [
    { command: 'juju-local deploy ./mimir-k8s_amd64.charm --resource mimir-image=./mimir-image' },
    {
      note: 'Two units, under another name, with an option set:',
      command:
        'juju-local deploy ./mimir-k8s_amd64.charm metrics -n 2 --trust --config log-level=debug --resource mimir-image=./mimir-image',
    },
    {
      note: 'With the programs of this machine as the workload:',
      command: 'juju-local deploy ./my-charm.charm --resource web-image=none',
    },
  ],
  seeAlso: ['integrate', 'refresh', 'remove-application', 'status'],
});

export const refresh = verb({
  name: 'refresh',
  aliases: ['upgrade-charm'],
  group: 'Applications',
  summary: 'Replaces the charm of an application',
  args: '<application>',
  details: [
    'Each unit runs its `stop` hook with the old charm, then `upgrade-charm` with the new one. Storage, relations and options stay.',
    'The unit of the highest number is the first. The next one follows when its pod is ready, which each Pebble says by its checks of level `ready`: a unit that never is keeps the others as they are. `status --format yaml` shows of those what they are `upgrading-from`.',
  ],
  flags: {
    path: {
      kind: 'string',
      value: 'PATH',
      summary:
        'The new charm: a .charm file or an unpacked folder; without it, resources alone are other ones',
    },
    resource,
  },
  examples: [
    { command: 'juju-local refresh mimir-k8s --path ./mimir-k8s_amd64.charm' },
    {
      note: 'Another image for the charm as it is:',
      command: 'juju-local refresh mimir-k8s --resource mimir-image=./mimir-image',
    },
  ],
  seeAlso: ['deploy'],
});

export const integrate = verb({
  name: 'integrate',
  aliases: ['relate'],
  group: 'Applications',
  summary: 'Integrates two applications',
  args: '<application>[:<endpoint>] <application>[:<endpoint>]',
  details: ['The endpoints can be left out when only one pair of them fits.'],
  flags: {},
  examples: [
    { command: 'juju-local integrate mimir-k8s:s3 minio-k8s:s3' },
    { command: 'juju-local integrate mimir-k8s minio-k8s' },
  ],
  seeAlso: ['remove-relation', 'status'],
});

export const removeRelation = verb({
  name: 'remove-relation',
  group: 'Applications',
  summary: 'Removes an integration of two applications',
  args: '<application>[:<endpoint>] <application>[:<endpoint>] | <relation-id>',
  details: ['The relation is named by its two ends, or by its number, which `show-unit` prints.'],
  flags: {},
  examples: [
    { command: 'juju-local remove-relation mimir-k8s:s3 minio-k8s:s3' },
    { command: 'juju-local remove-relation 4' },
  ],
  seeAlso: ['integrate'],
});

export const scaleApplication = verb({
  name: 'scale-application',
  group: 'Applications',
  summary: 'Sets the number of units of an application',
  args: '<application> <scale>',
  details: ['Units with the highest numbers go first, as on Kubernetes.'],
  flags: {},
  examples: [{ command: 'juju-local scale-application mimir-k8s 3' }],
  seeAlso: ['add-unit', 'remove-unit'],
});

export const addUnit = verb({
  name: 'add-unit',
  group: 'Applications',
  summary: 'Adds units to an application',
  args: '<application>',
  details: [],
  flags: {
    'num-units': { kind: 'integer', short: 'n', value: 'N', default: 1, summary: 'Number of units to add' },
  },
  examples: [{ command: 'juju-local add-unit mimir-k8s -n 2' }],
  seeAlso: ['remove-unit', 'scale-application'],
});

export const removeUnit = verb({
  name: 'remove-unit',
  group: 'Applications',
  summary: 'Removes units from an application',
  args: '<application>',
  details: ['Units with the highest numbers go first; which ones cannot be chosen, as on Kubernetes.'],
  flags: {
    'num-units': { kind: 'integer', short: 'n', value: 'N', summary: 'Number of units to remove' },
    'destroy-storage': { kind: 'boolean', summary: 'Destroy the storage of the units too' },
    'no-prompt': { kind: 'boolean', summary: 'Accepted for the sake of scripts: this verb never asks' },
  },
  examples: [{ command: 'juju-local remove-unit mimir-k8s --num-units 1' }],
  seeAlso: ['add-unit', 'scale-application'],
});

export const removeApplication = verb({
  name: 'remove-application',
  group: 'Applications',
  summary: 'Removes applications from the model',
  args: '<application> [<application> ...]',
  details: [
    'On a terminal it says what will go and asks first. `--force` does not wait for hooks that fail.',
  ],
  flags: {
    'destroy-storage': { kind: 'boolean', summary: 'Destroy the storage of the units too' },
    force: { kind: 'boolean', summary: 'Remove also when hooks fail' },
    'no-prompt': { kind: 'boolean', summary: 'Do not ask' },
  },
  examples: [{ command: 'juju-local remove-application mimir-k8s --no-prompt' }],
  seeAlso: ['deploy', 'destroy-model'],
});

export const trust = verb({
  name: 'trust',
  group: 'Applications',
  summary: 'Gives or takes an application the access to the credentials of the cloud',
  args: '<application>',
  details: [],
  flags: {
    remove: { kind: 'boolean', summary: 'Take the access away' },
    scope: {
      kind: 'choice',
      choices: ['cluster'],
      default: 'cluster',
      summary: 'How far the trust reaches; juju asks for it on Kubernetes',
    },
  },
  examples: [{ command: 'juju-local trust mimir-k8s --scope=cluster' }],
  seeAlso: ['deploy'],
});
