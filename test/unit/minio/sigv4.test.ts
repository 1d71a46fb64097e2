import { expect, test } from 'vitest';
import { queryText, signedHeaders } from '../../../s3/sigv4.ts';

/** The credentials, the time and the signatures of Amazon's published examples for S3. */
const signer = {
  credentials: { accessKey: 'AKIAIOSFODNN7EXAMPLE', secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
  region: 'us-east-1',
  now: new Date('2013-05-24T00:00:00Z'),
};
const request = {
  method: 'GET',
  host: 'examplebucket.s3.amazonaws.com',
  path: '/',
  query: {},
  body: new Uint8Array(),
};

test.each([
  [
    'a lifecycle request',
    { lifecycle: '' },
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  ],
  [
    'a list of objects',
    { prefix: 'J', 'max-keys': '2' },
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ],
])('%s is signed as in the published example', (_what, query, signature) => {
  const { authorization } = signedHeaders({ ...request, query }, signer);
  expect(authorization).toContain(
    'Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date',
  );
  expect(authorization).toMatch(new RegExp(`Signature=${signature}$`));
});

test('a query is sorted, and everything but unreserved characters is encoded', () => {
  expect(queryText({ name: "it's (a) *star*/ü", also: 'x y' })).toBe(
    'also=x%20y&name=it%27s%20%28a%29%20%2Astar%2A%2F%C3%BC',
  );
});

test('the secret key is in no header', () => {
  expect(JSON.stringify(signedHeaders(request, signer))).not.toContain(signer.credentials.secretKey);
});
