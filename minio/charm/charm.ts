/** The MinIO charm, declared. */
import { defineCharm } from 'charmwright';
import { createBucket } from '../actions/create-bucket.ts';
import { listBuckets } from '../actions/list-buckets.ts';
import { rotateCredentials } from '../actions/rotate-credentials.ts';
import { s3Provider } from '../relations/s3.ts';
import { spec } from './generated.ts';
import { reconcile } from './reconcile.ts';

export const charm = defineCharm(spec, {
  endpoints: { s3: s3Provider },
  reconcile,
  actions: {
    'create-bucket': createBucket,
    'list-buckets': listBuckets,
    'rotate-credentials': rotateCredentials,
  },
});
