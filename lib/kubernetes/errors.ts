/** What the API server may answer instead of what was asked for. Each says what, where, and what to do. */
import { CharmwrightError } from '../errors.ts';
import type { ObjectName } from './objects.ts';

/** What was to be done. */
export type Doing = 'read' | 'apply';

/** A field that somebody else decides. */
export interface FieldConflict {
  /** Who: `juju`, `kubectl-edit`. */
  readonly manager: string;
  /** `.spec.template.spec.containers[name="web"].resources.limits.memory` */
  readonly field: string;
}

/** Anything that went wrong with an object of Kubernetes. Catch a subclass to tell what. */
export class KubernetesError extends CharmwrightError {
  override name = 'KubernetesError';
  readonly object: ObjectName;
  constructor(doing: Doing, object: ObjectName, said: string, advice: string, options?: ErrorOptions) {
    super(`cannot ${doing} ${object.kind} ${object.name}: ${said}; ${advice}`, options);
    this.object = object;
  }
}

/** The service account may not, or its token is not accepted. */
export class KubernetesForbiddenError extends KubernetesError {
  override name = 'KubernetesForbiddenError';
  constructor(doing: Doing, object: ObjectName, said: string) {
    super(doing, object, said, 'grant it with: juju trust APPLICATION --scope=cluster');
  }
}

/** Others decide fields that were to be decided here. */
export class KubernetesConflictError extends KubernetesError {
  override name = 'KubernetesConflictError';
  readonly conflicts: readonly FieldConflict[];
  constructor(object: ObjectName, conflicts: readonly FieldConflict[]) {
    const list = conflicts.map(({ manager, field }) => `"${manager}" decides ${field}`);
    super('apply', object, list.join(', '), 'take it back there, or do not set it here');
    this.conflicts = conflicts;
  }
}

/** There is no such object, or none any more. */
export class KubernetesNotFoundError extends KubernetesError {
  override name = 'KubernetesNotFoundError';
  constructor(doing: Doing, object: ObjectName, said: string) {
    super(doing, object, said, 'it is looked for again later');
  }
}

/** The API server refuses what the object would be then. */
export class KubernetesInvalidError extends KubernetesError {
  override name = 'KubernetesInvalidError';
  /** The server's own words. */
  readonly reason: string;
  constructor(object: ObjectName, reason: string) {
    super('apply', object, reason, 'mend what it is made of');
    this.reason = reason;
  }
}

/** No answer, or one that says nothing about the object. It may be another one later. */
export class KubernetesUnreachableError extends KubernetesError {
  override name = 'KubernetesUnreachableError';
  /** Without what was asked. */
  readonly reason: string;
  constructor(doing: Doing, object: ObjectName, reason: string, options?: ErrorOptions) {
    super(doing, object, reason, 'it is tried again later', options);
    this.reason = reason;
  }
}
