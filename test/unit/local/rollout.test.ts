/** Whose pod is replaced when, as the real controller does it: test/interop/statefulset.test.ts. */
import { expect, test } from 'vitest';
import { attachResources, refresh } from '../../../local/model/applications.ts';
import { charmOf } from '../../../local/model/lookup.ts';
import { Simulation } from './simulation.ts';

const WEB = `
name: web
requires:
  db: {interface: sql}
`;

const each = ['stop', '(new pod)', 'upgrade-charm', 'config-changed', 'start'];
const replaced = (unit: string) => each.map((entry) => `${unit} ${entry}`);

test('a refresh goes from the last unit to the first, each when the pod before is ready', () => {
  const world = new Simulation();
  world.deploy(WEB, { units: 3 });
  world.settle();
  const { url: _url, revision: _revision, ...charm } = charmOf(world.model, 'web');
  refresh(world.model, 'web', { charm, resources: {} });
  world.unready.add('web/2');
  expect(world.settle(), 'also one that was not ready before').toEqual(replaced('web/2'));
  expect(world.settle(), 'one that never gets ready keeps the others as they are').toEqual([]);
  world.unready.delete('web/2');
  world.unready.add('web/1');
  expect(world.settle()).toEqual(replaced('web/1'));
  world.unready.delete('web/1');
  expect(world.settle()).toEqual(replaced('web/0'));
  expect(world.settle()).toEqual([]);
});

test('another template of the StatefulSet replaces pods in the same way, with the charm that they have', () => {
  const world = new Simulation();
  world.deploy(WEB, { units: 3 });
  world.settle();
  for (const unit of ['web/0', 'web/1', 'web/2']) world.stale.add(unit);
  for (const unit of ['web/2', 'web/1', 'web/0']) {
    world.unready.add(unit);
    expect(world.settle()).toEqual(replaced(unit));
    world.unready.delete(unit);
  }
  expect(world.settle()).toEqual([]);
});

test('pods of lower numbers are waited for by nobody, those of units that leave by all before them', () => {
  const world = new Simulation();
  world.deploy(WEB, { units: 3 });
  world.settle();
  world.stale.add('web/1');
  world.unready.add('web/0').add('web/2');
  world.unit('web/2').life = 'dying';
  world.behaviour = (unit) => (unit === 'web/2' ? 'fail' : undefined);
  expect(world.settleUnit('web/1')).toEqual([]);
  world.unready.delete('web/2');
  expect(world.settleUnit('web/1')).toEqual(each);
});

test('a unit that runs no hooks any more is no reason to wait: its pod is ready', () => {
  const world = new Simulation();
  world.deploy(WEB, { units: 2 });
  world.settle();
  world.behaviour = (unit, hook) => (unit === 'web/1' && hook.kind === 'upgrade-charm' ? 'fail' : undefined);
  const { url: _url, revision: _revision, ...charm } = charmOf(world.model, 'web');
  refresh(world.model, 'web', { charm, resources: {} });
  for (const unit of ['web/1', 'web/1', 'web/1']) world.step(unit);
  expect(world.settleUnit('web/0')).toEqual(each);
});

test('another image replaces the pods, too, and leaves the charm', () => {
  const world = new Simulation();
  const image = (name: string) => ({ 'web-image': name });
  const metadata = `${WEB}resources: {web-image: {type: oci-image}}\n`;
  world.deploy(metadata, { units: 2, resources: image('/one') });
  world.settle();
  const before = world.unit('web/0').charm;
  attachResources(world.model, 'web', image('/other'));
  for (const unit of ['web/1', 'web/0']) expect(world.settleUnit(unit)).toEqual(each);
  expect(world.unit('web/0').charm).toBe(before);
  expect(world.model.applications.web?.resources).toEqual(image('/other'));
});
