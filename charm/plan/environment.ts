/**
 * Mimir's environment: it takes nothing of its tracing from its configuration. It is kept as a file beside that, so
 * that a pod which starts on what was last good starts with all of it.
 */
import { parseJson, stableJson } from 'charmwright';
import * as z from 'zod/mini';
import { topologyLabels } from '../../relations/juju-topology.ts';
import type { Inputs } from './inputs.ts';

export type Environment = Readonly<Record<string, string>>;

/**
 * Empty without traces. All requests are traced: measured, this Mimir ignores the samplers of OpenTelemetry's
 * environment (`OTEL_TRACES_SAMPLER`), so to keep fewer is the receiver's work.
 */
export function environmentText({
  neighbours,
  app,
  unit,
  model,
  charm,
}: Pick<Inputs, 'neighbours' | 'app' | 'unit' | 'model' | 'charm'>): string {
  const { tracesUrl } = neighbours;
  if (tracesUrl === undefined) return '';
  const labels = topologyLabels({ model: model.name, modelUuid: model.uuid, application: app, charm });
  const environment: Environment = {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${tracesUrl}/v1/traces`,
    OTEL_RESOURCE_ATTRIBUTES: Object.entries({ ...labels, juju_unit: unit })
      .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
      .join(','),
    OTEL_SERVICE_NAME: app,
  };
  return stableJson(environment);
}

const shape = z.record(z.string().check(z.regex(/^OTEL_[A-Z_]+$/)), z.string());

/** A file that somebody has spoilt says nothing. */
export function environmentOf(text: string | undefined): Environment {
  return shape.safeParse(parseJson(text ?? '')).data ?? {};
}
