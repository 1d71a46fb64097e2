/** Who gets which bucket. An account's name is at once its access key, its policy's name and its secret's label. */
import { blocked, type Status } from 'charmwright';
import { bucketProblem, shown } from './bucket.ts';
import type { Inputs, Request } from './inputs.ts';

export interface Account {
  readonly relationId: number;
  readonly name: string;
  readonly bucket: string;
  readonly path?: string;
  readonly asSecret: boolean;
}

export type Decision =
  | { readonly kind: 'serve'; readonly account: Account }
  /** It has not asked for anything yet. */
  | { readonly kind: 'wait'; readonly relationId: number }
  | { readonly kind: 'refuse'; readonly relationId: number; readonly status: Status };

const NAME = /^juju-relation-\d+$/;

export function accountName(relationId: number): string {
  return `juju-relation-${relationId}`;
}

/** Whether a policy or a user in MinIO is one of those this charm makes; all others are left alone. */
export function isAccountName(name: string): boolean {
  return NAME.test(name);
}

/** One decision for each relation. The oldest relation that asks for a bucket has it. */
export function decideAccounts(inputs: Pick<Inputs, 'requests' | 'options'>): readonly Decision[] {
  const holders = new Map<string, Request>();
  return inputs.requests
    .toSorted((a, b) => a.relationId - b.relationId)
    .map((request) => {
      const decision = decide(request, inputs.options.sharedBuckets ? new Map() : holders);
      if (decision.kind === 'serve') holders.set(decision.account.bucket, request);
      return decision;
    });
}

function decide(request: Request, holders: ReadonlyMap<string, Request>): Decision {
  const { relationId, app, ask } = request;
  const refuse = (reason: string): Decision => ({ kind: 'refuse', relationId, status: blocked(reason) });
  switch (ask.kind) {
    case 'silent':
      return { kind: 'wait', relationId };
    case 'invalid':
      return refuse(ask.problem);
    case 'asks': {
      const { bucket, path, asSecret } = ask;
      const problem = bucketProblem(bucket);
      if (problem !== undefined) {
        return refuse(`[s3:${relationId}] ${app} asks for bucket ${shown(bucket)}: the name ${problem}`);
      }
      const holder = holders.get(bucket);
      if (holder !== undefined) {
        return refuse(
          `[s3:${relationId}] ${app} asks for bucket "${bucket}", which ${holder.app} has (s3:${holder.relationId}): let it ask for another, or set shared-buckets=true`,
        );
      }
      const account = { relationId, name: accountName(relationId), bucket, asSecret };
      return { kind: 'serve', account: path === undefined ? account : { ...account, path } };
    }
  }
}

export interface Policy {
  readonly Version: string;
  readonly Statement: readonly {
    readonly Effect: string;
    readonly Action: readonly string[];
    readonly Resource?: readonly string[] | undefined;
  }[];
}

/**
 * All that a client does with the objects of its bucket, and nothing that opens the bucket to others, deletes it, or
 * outlives the account (MinIO lets users make further keys of their own unless told otherwise).
 */
export function bucketPolicy(bucket: string): Policy {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: [
          's3:GetBucketLocation',
          's3:GetBucketVersioning',
          's3:GetLifecycleConfiguration',
          's3:ListBucket',
          's3:ListBucketMultipartUploads',
          's3:ListBucketVersions',
          's3:PutBucketVersioning',
          's3:PutLifecycleConfiguration',
        ],
        Resource: [`arn:aws:s3:::${bucket}`],
      },
      {
        Effect: 'Allow',
        Action: [
          's3:AbortMultipartUpload',
          's3:DeleteObject',
          's3:DeleteObjectTagging',
          's3:DeleteObjectVersion',
          's3:GetObject',
          's3:GetObjectAttributes',
          's3:GetObjectTagging',
          's3:GetObjectVersion',
          's3:ListMultipartUploadParts',
          's3:PutObject',
          's3:PutObjectTagging',
        ],
        Resource: [`arn:aws:s3:::${bucket}/*`],
      },
      { Effect: 'Deny', Action: ['admin:*'] },
    ],
  };
}

/** Whether two policies say the same; MinIO gives lists back in an order of its own. */
export function samePolicy(a: Policy, b: Policy | undefined): boolean {
  return b !== undefined && policyText(a) === policyText(b);
}

function policyText({ Version, Statement }: Policy): string {
  const statements = Statement.map(({ Effect, Action, Resource }) =>
    JSON.stringify([Effect, Action.toSorted(), (Resource ?? []).toSorted()]),
  );
  return JSON.stringify([Version, statements.toSorted()]);
}
