/** The same `run` as in process, with the packed charm in a local model. Loaded only when a test runs there. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';
import type { Charm } from '../../charm.ts';
import { CharmwrightError } from '../../errors.ts';
import { hookName, type JujuEvent } from '../../events/event.ts';
import { parseJson } from '../../json.ts';
import type { CharmSpec } from '../../spec/spec.ts';
import { checkResults } from '../check-results.ts';
import { checkAction, checkWorld } from '../consistency.ts';
import { CharmCrashed, InProcessOnly } from '../errors.ts';
import type { ActionOutcome, Outcome } from '../outcome.ts';
import { type ActionCall, type ContextOptions, type RunOptions, surroundings } from '../run-event.ts';
import type { State } from '../state.ts';
import { cause } from './cause.ts';
import { LocalModel } from './model.ts';
import { Names } from './names.ts';
import { logsOf, look, outcomeOf, type Since, startsBetween } from './outcome.ts';
import { type Done, type Place, realise } from './realise.ts';
import { refuseFresh, refuseKill, refuseStep } from './refusals.ts';
import { type LocalSettings, localSettings } from './settings.ts';

/** An outcome carries it, and every copy of the outcome: where to go on. */
const HERE = Symbol('local model');

interface Handle {
  readonly place: Place;
  readonly state: State;
  readonly since: Since;
  readonly logs: number;
  /** Of the model, when this was its outcome. */
  readonly step: number;
}

interface Bed {
  readonly place: Place;
  readonly charm: string;
  step: number;
}

const beds = new Map<Place, Bed>();

/** Errors as of `Context.run`, and InProcessOnly. */
export async function runLocally(
  charm: Pick<Charm, 'spec'>,
  options: ContextOptions,
  state: State,
  event: JujuEvent,
  { onFailure = 'throw', ...killAt }: RunOptions,
): Promise<Outcome> {
  refuseKill(killAt);
  const prepared = await prepare(charm, options, state, event);
  const { bed, unit, handle, done } = prepared;
  if ((await bed.place.model.failure(unit)) === undefined)
    await cause(bed.place, unit, bed.charm, event, state, done, handle === undefined);
  const outcome = await finish(prepared, options, state);
  if (outcome.error !== undefined && onFailure === 'throw')
    throw new CharmCrashed(hookName(event), outcome.error, outcome);
  return outcome;
}

const taskShape = z.record(
  z.string(),
  z.object({
    status: z.string(),
    message: z.string().optional(),
    results: z.record(z.string(), z.unknown()).default({}),
    log: z.array(z.string()).default([]),
  }),
);

/** Errors as of `Context.runAction`, and InProcessOnly. */
export async function runActionLocally(
  charm: Pick<Charm, 'spec'>,
  options: ContextOptions,
  state: State,
  { action, params }: ActionCall,
  { onFailure: _, ...killAt }: RunOptions,
): Promise<ActionOutcome> {
  refuseKill(killAt);
  checkAction(charm.spec, surroundings(charm, options), action, params);
  const prepared = await prepare(charm, options, state, { kind: 'action', action, taskId: '1' });
  const { bed, unit } = prepared;
  const { model, names } = bed.place;
  const given = Object.entries(params).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const { stdout, stderr } = await model.run(['run', unit, action, ...given, '--format', 'json']);
  const task = taskShape.safeParse(parseJson(stdout)).data?.[unit];
  if (task === undefined)
    throw new CharmwrightError(`the local model did not run ${action}: ${stderr.trim()}`);
  await model.settle();
  const { 'return-code': _code, stdout: _out, stderr: _err, ...said } = task.results;
  const failed = task.status === 'completed' ? undefined : String(names.text(task.message ?? task.status));
  // As the action gave them, in the test's names.
  const results = names.text(said) as Readonly<Record<string, unknown>>;
  if (failed === undefined) checkResults(action, charm.spec.actions[action], results);
  return {
    results,
    log: task.log.map((line) => String(names.text(withoutTime(line)))),
    ...(failed === undefined ? {} : { failed }),
    state: await finish(prepared, options, state),
  };
}

/** `2026-11-26 01:02:03 +0000 UTC looking` -> looking */
function withoutTime(line: string): string {
  return line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ \S+ /, '');
}

interface Prepared {
  readonly bed: Bed;
  readonly unit: string;
  readonly handle: Handle | undefined;
  readonly done: Done;
}

/** The model in the state that the event comes to. */
async function prepare(
  { spec }: Pick<Charm, 'spec'>,
  options: ContextOptions,
  state: State,
  event: JujuEvent,
): Promise<Prepared> {
  checkWorld(spec, surroundings({ spec }, options), state, event);
  const { app } = surroundings({ spec }, options);
  const unit = `${app}/${state.unitNumber}`;
  const handle = handleOf(state);
  if (handle === undefined) {
    refuseFresh(spec, state, event);
    const bed = await deploy(spec, app, state);
    return { bed, unit, handle, done: await realise(bed.place, deployed(spec, state), state) };
  }
  const bed = beds.get(handle.place);
  if (bed === undefined || bed.step !== handle.step)
    throw new InProcessOnly([
      'the model has gone on since this outcome, and cannot go back: run the events in one line, each from the last outcome',
    ]);
  refuseStep(handle.state, state, event);
  return { bed, unit, handle, done: await realise(bed.place, handle.state, state) };
}

function handleOf(state: State): Handle | undefined {
  // Only this module knows the symbol.
  return (state as { readonly [HERE]?: Handle })[HERE];
}

/** What the application begins as; the rest is brought about afterwards. */
function deployed(spec: CharmSpec, state: State): State {
  const config = Object.entries(state.config).filter(([key]) => spec.config[key]?.type !== 'secret');
  return { ...state, config: Object.fromEntries(config), relations: [], secrets: [] };
}

async function deploy(spec: CharmSpec, app: string, state: State): Promise<Bed> {
  const settings = localSettings();
  const charm = charmFile(spec, settings);
  const model = await LocalModel.make(state.model.name, settings);
  const place: Place = { model, names: new Names(), spec, app };
  const words = [
    ...['-n', String(Math.max(state.plannedUnits, state.unitNumber + 1))],
    ...(state.cloud === undefined ? [] : ['--trust']),
    ...Object.entries(deployed(spec, state).config).flatMap(([key, value]) => [
      '--config',
      `${key}=${value}`,
    ]),
    ...Object.entries(spec.resources).flatMap(([name, { type }]) => {
      const given = settings.resources[name] ?? (type === 'oci-image' ? 'none' : undefined);
      return given === undefined ? [] : ['--resource', `${name}=${given}`];
    }),
  ];
  await model.do('deploy', charm, app, ...words);
  await model.settle();
  const bed = { place, charm, step: 0 };
  beds.set(place, bed);
  return bed;
}

function charmFile({ name }: CharmSpec, { charms }: LocalSettings): string {
  const file = resolve(charms, `${name}_${process.arch === 'arm64' ? 'arm64' : 'amd64'}.charm`);
  const unpacked = resolve(charms, name);
  if (existsSync(file)) return file;
  if (existsSync(unpacked)) return unpacked;
  throw new CharmwrightError(
    `cannot run ${name} in a local model: there is no ${file}; pack it with charmwright-pack, or name its folder in CHARMWRIGHT_CHARMS`,
  );
}

async function finish(
  { bed, unit, handle }: Prepared,
  options: ContextOptions,
  wanted: State,
): Promise<Outcome> {
  const { place } = bed;
  const failure = await place.model.failure(unit);
  const seen = await look(place, unit, options.files ?? [], wanted);
  const logs = await logsOf(place, unit);
  bed.step += 1;
  const now: Handle = { place, state: seen.state, since: seen.since, logs: logs.length, step: bed.step };
  return outcomeOf(
    seen.state,
    {
      logs: logs.slice(handle?.logs ?? 0),
      serviceStarts: startsBetween(handle?.since ?? {}, seen),
      ...(failure === undefined ? {} : { error: new Error(`${failure}\n${await place.model.log()}`) }),
    },
    { [HERE]: now },
  );
}
