/** Situations of MinIO's charm that need no MinIO to look at, in process and in the local model. */
import { container, context, findContainer, findRelation, relation, state } from 'charmwright/testing';
import { expect, test } from 'vitest';
import { charm } from '../../minio/charm/charm.ts';

const minio = context(charm, { files: ['minio:/etc/minio'] });
const containers = [container('minio')];
const ready = { kind: 'pebble-ready', container: 'minio' } as const;

test('a second unit runs nothing and says so', async () => {
  const second = state({ leader: false, unitNumber: 1, plannedUnits: 2, containers });
  const after = await minio.run(ready, second);
  expect(after.serviceStarts).toEqual([]);
  expect(findContainer(after, 'minio').files).not.toHaveProperty(['/etc/minio/root.env']);
  expect(after.unitStatus.name).toBe('blocked');
  expect(after.unitStatus.message).toContain('juju scale-application minio-k8s 1');
});

test('while the region cannot be one, MinIO is not started, and nobody is given keys', async () => {
  const asked = { version: '1', 'requested-secrets': '["access-key","secret-key"]', bucket: 'shop' };
  const shop = relation('s3', { id: 7, remoteApp: 'shop', remoteAppData: asked });
  const config = { region: 'Not A Region' };
  const world = state({ leader: true, containers, config, relations: [shop] });
  const after = await minio.run({ kind: 'relation-changed', relation: shop }, world);
  expect(after.unitStatus.name).toBe('blocked');
  expect(after.unitStatus.message).toContain('[config] region="Not A Region"');
  expect(after.serviceStarts).toEqual([]);
  expect(findRelation(after, 7).remoteAppData).toEqual(asked);
  expect(findRelation(after, 7).localAppData).toEqual({});
});
