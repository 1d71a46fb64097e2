/** A charm in a few lines of shell: it shows what it was told, and fails when it is told to. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const metadata = `name: toy
summary: A toy
description: For tests of the local model.
containers:
  work:
    resource: work-image
resources:
  work-image:
    type: oci-image
    description: Anything.
peers:
  peers:
    interface: toy_peers
provides:
  give:
    interface: toy
requires:
  take:
    interface: toy
`;

const config = `options:
  greeting:
    type: string
    default: hello
    description: What it says.
  fail:
    type: boolean
    default: false
    description: Whether config-changed fails.
  key:
    type: secret
    description: A secret it may read.
`;

const actions = `greet:
  description: |
    Greets somebody.
    Politely.
  params:
    name:
      type: string
      description: Who.
  required: [name]
refuse:
  description: Fails.
`;

const manifest = `bases:
- name: ubuntu
  channel: '24.04'
  architectures: [amd64, arm64]
`;

const dispatch = `#!/bin/sh
set -eu
case $JUJU_DISPATCH_PATH in
  hooks/config-changed)
    if [ "$(config-get fail)" = True ]; then echo 'told to fail' >&2; exit 1; fi
    status-set active "says $(config-get greeting)"
    ;;
  hooks/start | hooks/upgrade-charm)
    open-port 8000
    application-version-set "$(cat toy-version)"
    ;;
  hooks/*-relation-joined)
    relation-set "greeting=$(config-get greeting)"
    ;;
  actions/greet)
    action-log 'looking for words'
    action-set "greeting=$(config-get greeting) $(action-get name)" nested.deep=yes
    ;;
  actions/refuse)
    action-fail 'it does not want to'
    ;;
esac
`;

/** Writes the charm as an unpacked folder; `version` is what it sets as its workload's. */
export async function writeToyCharm(dir: string, version: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  const files = {
    'metadata.yaml': metadata,
    'config.yaml': config,
    'actions.yaml': actions,
    'manifest.yaml': manifest,
    'toy-version': version,
    dispatch,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  await chmod(join(dir, 'dispatch'), 0o755);
  return dir;
}
