/** What charmcraft makes of a charmcraft.yaml that declares the whole charm: its metadata.yaml. */
import * as z from 'zod';
import { type Faults, readSection, type Section } from './read-yaml.ts';

/** Keys that mean the same in both files. */
const SAME_KEYS = [
  'name',
  'summary',
  'description',
  'assumes',
  'charm-user',
  'containers',
  'devices',
  'extra-bindings',
  'peers',
  'provides',
  'requires',
  'resources',
  'storage',
  'subordinate',
  'terms',
] as const;

/** All that charmcraft takes metadata from. */
export const CHARMCRAFT_KEYS: readonly string[] = [...SAME_KEYS, 'title', 'links'];

/** Charmcraft writes addresses as browsers do: a host alone gets a slash. */
const address = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .transform((url) => new URL(url).href);
const addresses = z.union([address, z.array(address)], 'must be an http or https address, or a list of them');

const shape = z.looseObject({
  type: z.literal('charm'),
  title: z.string().nullish(),
  links: z
    .object({
      contact: z.union([z.string(), z.array(z.string())], 'must be text or a list of texts').nullish(),
      documentation: address.nullish(),
      issues: addresses.nullish(),
      source: addresses.nullish(),
      website: addresses.nullish(),
    })
    .nullish(),
});

/** The contents of metadata.yaml; undefined after a fault. */
export function metadataOf(charmcraft: Section, faults: Faults): Section | undefined {
  const yaml = readSection(charmcraft, shape, faults);
  if (yaml === undefined) return undefined;
  const { contact, documentation, ...links } = yaml.links ?? {};
  const all: Readonly<Record<string, unknown>> = {
    ...Object.fromEntries(SAME_KEYS.map((key) => [key, yaml[key]])),
    'display-name': yaml.title,
    maintainers: typeof contact === 'string' ? [contact] : contact,
    docs: documentation,
    ...links,
  };
  // To charmcraft an empty key is one that is not there.
  const given = Object.entries(all).filter(([, value]) => value !== undefined && value !== null);
  return { ...charmcraft, data: Object.fromEntries(given) };
}
