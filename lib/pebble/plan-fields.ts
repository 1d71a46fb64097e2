/** The keys of a plan's and a layer's entries, as they are read. */
import * as z from 'zod/mini';

const text = z.exactOptional(z.string());
const texts = z.exactOptional(z.array(z.string()));
const textMap = z.exactOptional(z.record(z.string(), z.string()));
const number = z.exactOptional(z.number());

/** What a process runs as and in; the same for services and for exec checks. */
const processFields = {
  command: text,
  environment: textMap,
  user: text,
  'user-id': number,
  group: text,
  'group-id': number,
  'working-dir': text,
};

export const serviceFields = {
  ...processFields,
  summary: text,
  description: text,
  startup: text,
  after: texts,
  before: texts,
  requires: texts,
  'on-success': text,
  'on-failure': text,
  'on-check-failure': textMap,
  'backoff-delay': text,
  'backoff-factor': number,
  'backoff-limit': text,
  'kill-delay': text,
};

export const checkFields = {
  level: text,
  startup: text,
  period: text,
  timeout: text,
  threshold: number,
  http: z.exactOptional(z.lazy(() => z.object({ url: text, headers: textMap }))),
  tcp: z.exactOptional(z.lazy(() => z.object({ port: number, host: text }))),
  exec: z.exactOptional(z.lazy(() => z.object({ ...processFields, 'service-context': text }))),
};

export const logTargetFields = { type: text, location: text, services: texts, labels: textMap };
