/** A charm that provides `s3` and says there whatever its options tell it to, right or wrong. */
import type { TinyCharm } from '../tiny-charm.ts';

export const S3_SAYS: TinyCharm = {
  name: 's3-says',
  metadata: 'provides:\n  s3: {interface: s3}\n',
  config: `options:
  data:
    {type: string, default: '{}', description: The databag as JSON. Keys with an empty value are taken away.}
  keys:
    {type: string, default: '', description: Words for secret-add. The secret it makes is not granted.}
`,
  script: `
if [ "$DISPATCH" = hooks/config-changed ] || [ "$DISPATCH" = hooks/s3-relation-created ]; then
  status-set active
  data=$(config-get data)
  keys=$(config-get keys)
  if [ -n "$keys" ]; then
    uri=$(secret-add $keys)
    data=\${data//SECRET-URI/$uri}
  fi
  for id in $(relation-ids s3); do
    relation-set -r "$id" --app --file - <<< "$data"
  done
fi`,
};

/** Every key that a provider may say. */
export type S3Bag = Readonly<Partial<Record<(typeof KEYS)[number], string>>>;

const KEYS = [
  'access-key',
  'bucket',
  'endpoint',
  'path',
  'region',
  's3-api-version',
  's3-uri-style',
  'secret-extra',
  'secret-key',
  'storage-class',
  'tls-ca-chain',
  'version',
] as const;

/** Option `data` for a databag that holds this and nothing else. */
export function says(bag: S3Bag): string {
  return JSON.stringify({ ...Object.fromEntries(KEYS.map((key) => [key, ''])), ...bag });
}
