import type { Juju } from 'charmwright';
import type { s3Provider } from '../relations/s3.ts';
import type { Spec } from './generated.ts';

/** Juju as this charm's handlers hold it: endpoint `s3` has typed databags. */
export type MinioJuju = Juju<Spec, { readonly s3: typeof s3Provider }>;
