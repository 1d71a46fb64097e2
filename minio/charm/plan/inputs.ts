/** All that the plan is made from. */

import type { Credentials } from '../../../s3/sigv4.ts';
import type { S3Ask } from '../../relations/s3.ts';

export interface Request {
  readonly relationId: number;
  /** The related application. */
  readonly app: string;
  /** `invalid` says which key of which relation is wrong, and how. */
  readonly ask: S3Ask | { readonly kind: 'invalid'; readonly problem: string };
}

export interface Inputs {
  readonly app: string;
  readonly model: string;
  /** Unit 0 has the data and serves it. It is the last one that Kubernetes would remove. */
  readonly unitNumber: number;
  readonly leader: boolean;
  readonly options: { readonly region: string; readonly sharedBuckets: boolean };
  /** Whether the container's Pebble answers. */
  readonly reachable: boolean;
  /** Root's credentials; undefined until the leader has made them. */
  readonly root: Credentials | undefined;
  /** Empty for all but the leader. Ordered by relation id. */
  readonly requests: readonly Request[];
}
