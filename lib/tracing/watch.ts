/** One dispatch under watch: from the first line of its log to a trace on disk, and a process that will send it. */
import type { SpanAttributes, Tracer, Watched } from '../model/tracer.ts';
import { TraceBuffer } from './buffer.ts';
import { DESTINATION_FILE } from './destination.ts';
import { resourceSpans } from './otlp.ts';
import { type Recorded, Recorder } from './recorder.ts';
import { startSender, takeRefusal } from './sender.ts';

/** @param destination as the last dispatch left it; undefined when this one has yet to find the relation. */
export function watchDispatch(charm: string, watched: Watched, destination: string | undefined): Tracer {
  const { env, files, keepTrace } = watched;
  const folder = env.JUJU_CHARM_DIR ?? '.';
  const logging: Promise<unknown>[] = [];
  const log = (level: string, text: string) =>
    // Not awaited here: Juju answers while the dispatch goes on.
    logging.push(watched.tools.run('juju-log', ['--log-level', level, '--', text]).catch(() => undefined));

  const recorder = new Recorder(charm, resourceOf(charm, env), rootAttributes(env), async (recorded) => {
    const found = files.read(DESTINATION_FILE);
    if (found !== undefined) keep(watched, folder, recorded);
    if (found && keepTrace === undefined) startSender(folder, env);
    await Promise.all(logging);
  });
  if (destination !== undefined) {
    // These words are what other tools look for in the log.
    const text = `Starting root trace with id='${recorder.traceId}'.`;
    // Juju logs what a hook prints, and no process is needed; what an action prints is for its user.
    if (isAction(env)) log('DEBUG', text);
    else watched.stdout(`${text}\n`);
  }
  if (keepTrace === undefined) {
    const refusal = takeRefusal(folder);
    if (refusal !== undefined) log('WARNING', `the collector refused traces: ${refusal}`);
  }
  return recorder;
}

function isAction(env: Watched['env']): boolean {
  return env.JUJU_DISPATCH_PATH?.startsWith('actions/') ?? false;
}

/** A trace that cannot be kept is lost; the hook has done its work all the same. */
function keep(watched: Watched, folder: string, { trace, matters }: Recorded): void {
  try {
    if (watched.keepTrace !== undefined) watched.keepTrace(trace);
    else new TraceBuffer(folder).add(resourceSpans(trace), matters ? 50 : 10);
  } catch (error) {
    // The user of an action sees what is written there.
    if (isAction(watched.env)) return;
    watched.stderr(
      `cannot keep this dispatch's trace: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
}

/** The unit, in the words of OpenTelemetry and of Juju's observability charms. */
function resourceOf(charm: string, env: Watched['env']): SpanAttributes {
  const { JUJU_MODEL_NAME: model = '', JUJU_MODEL_UUID: uuid = '', JUJU_UNIT_NAME: unit = '' } = env;
  const [app = '', number = ''] = unit.split('/');
  return {
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'charmwright',
    'service.namespace': uuid,
    'service.namespace.name': model,
    'service.name': app,
    'service.instance.id': number,
    charm,
    charm_type: charm,
    juju_model: model,
    juju_model_uuid: uuid,
    juju_application: app,
    juju_unit: unit,
  };
}

function rootAttributes(env: Watched['env']): SpanAttributes {
  return { 'juju.dispatch_path': env.JUJU_DISPATCH_PATH ?? '' };
}
