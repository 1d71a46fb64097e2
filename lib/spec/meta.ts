/** Everything that a charm's YAML files say: the spec, and what is for people, stores and Juju alone. */
import type { CharmSpec } from './spec.ts';

/** Where to read more about a charm. */
export interface CharmLinks {
  readonly websites: readonly string[];
  readonly sources: readonly string[];
  readonly issues: readonly string[];
  readonly documentation?: string;
}

/** `juju >= 3.6`, `k8s-api`, or several of which all or any must hold. */
export type Assumption = string | Assumptions;

/** Assumptions of which all, or any, must hold. */
export interface Assumptions {
  readonly condition: 'all-of' | 'any-of';
  readonly features: readonly Assumption[];
}

/** A device of metadata.yaml, such as a graphics processor. */
export interface DeviceSpec {
  /** `gpu`, `nvidia.com/gpu`, `amd.com/gpu` */
  readonly type: string;
  readonly description?: string;
  readonly count: { readonly min: number; readonly max: number };
}

/** A payload of metadata.yaml. */
export interface PayloadSpec {
  readonly type: string;
}

/** All that a charm declares in its YAML files. */
export interface CharmMeta extends CharmSpec {
  readonly displayName?: string;
  readonly summary: string;
  readonly description: string;
  /** Addresses or names, as they stand there. */
  readonly maintainers: readonly string[];
  readonly links: CharmLinks;
  readonly tags: readonly string[];
  readonly terms: readonly string[];
  /** Of metadata of the old format only. */
  readonly series: readonly string[];
  readonly subordinate: boolean;
  /** Of metadata of the old format only; today's charms say `assumes: [juju >= 3.6]`. */
  readonly minJujuVersion?: string;
  /** The list in metadata.yaml: all of it must hold. */
  readonly assumes: Assumptions;
  /** Who the charm's code runs as. */
  readonly charmUser: 'root' | 'sudoer' | 'non-root';
  readonly devices: Readonly<Record<string, DeviceSpec>>;
  readonly payloads: Readonly<Record<string, PayloadSpec>>;
}
