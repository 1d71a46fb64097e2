/** Mimir's HTTP API, as much of it as the charm uses. Every request has a time-out, every answer a schema. */
import { parseJson } from 'charmwright';
import { HttpClient, HttpError, HttpTooLongError } from 'charmwright/http';
import * as z from 'zod/mini';
import { readMetrics, type Sample, sumOf } from './metrics.ts';
import {
  MimirAnswerError,
  MimirFailedError,
  MimirRefusedError,
  MimirUnreachableError,
  reasonOf,
} from './mimir-errors.ts';
import { HTTP_PORT } from './plan/paths.ts';
import { compareTexts } from './text.ts';
import type { YamlResult } from './yaml-text.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
/** The whole configuration has 90 kB, rules may have megabytes; more than this is no answer of Mimir's. */
const LARGEST_ANSWER = 64 * 1024 * 1024;

export type Readiness = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/** A rule group as Mimir gives it back; only the name is relied on. */
const groupSchema = z.lazy(() => z.looseObject({ name: z.string() }));
export type StoredGroup = z.infer<typeof groupSchema>;
const namespacesSchema = z.lazy(() => z.record(z.string(), z.array(groupSchema)));

const alertmanagerSchema = z.lazy(() =>
  z.object({
    template_files: z.nullish(z.record(z.string(), z.string())),
    alertmanager_config: z.nullish(z.string()),
  }),
);

export interface AlertmanagerConfig {
  readonly config: string;
  readonly templates: Readonly<Record<string, string>>;
}

/** Go prints an empty list as `null`. */
const tenantStatsSchema = z.lazy(() =>
  z.nullable(z.array(z.object({ userID: z.string(), numSeries: z.number(), ingestionRate: z.number() }))),
);

export interface TenantStats {
  readonly tenant: string;
  /** Each copy of a series counts. */
  readonly seriesCopies: number;
  /** Samples per second. */
  readonly ingestionRate: number;
}

const deletionSchema = z.lazy(() => z.object({ blocks_deleted: z.boolean() }));

const buildInfoSchema = z.lazy(() =>
  z.object({
    data: z.object({ version: z.string(), revision: z.optional(z.string()) }),
  }),
);

/** A question to Mimir. */
export interface MimirRequest {
  /** Completes "cannot ...". */
  readonly what: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: string;
  readonly tenant?: string;
  /** YAML. */
  readonly body?: string;
  readonly form?: Readonly<Record<string, string>>;
  readonly accept?: string;
  readonly timeoutMs?: number;
}

export interface MimirAnswer {
  readonly status: number;
  readonly body: string;
}

/** By what a Mimir that speaks TLS is known. */
export interface ApiTrust {
  /** PEM. */
  readonly authorities: string;
  readonly serverName: string;
}

/** A unit's own Mimir. @param at an IP address, or a name. @param trust undefined where it speaks plain HTTP. */
export function mimirAt(at: string, trust: ApiTrust | undefined): MimirApi {
  const host = `${at.includes(':') ? `[${at}]` : at}:${HTTP_PORT}`;
  return trust === undefined ? new MimirApi(`http://${host}`) : new MimirApi(`https://${host}`, trust);
}

export class MimirApi {
  readonly #http: HttpClient;

  /** @param url such as `http://10.1.0.7:9009`, without a path. */
  constructor(url: string, trust?: ApiTrust) {
    this.#http = new HttpClient({
      origin: url,
      ...(trust !== undefined && { caChain: trust.authorities, serverName: trust.serverName }),
    });
  }

  /** Whether Mimir serves. Not answering is an answer here. */
  async ready(timeoutMs = 2000): Promise<Readiness> {
    try {
      const { status, body } = await this.#ask({
        what: 'ask for readiness',
        method: 'GET',
        path: '/ready',
        timeoutMs,
      });
      return status === 200 ? { ready: true } : { ready: false, reason: reasonOf(body) };
    } catch (error) {
      if (error instanceof MimirUnreachableError) return { ready: false, reason: 'does not answer' };
      throw error;
    }
  }

  async buildInfo(): Promise<{ readonly version: string }> {
    const answer = await this.#demand({
      what: 'ask for the version',
      method: 'GET',
      path: '/api/v1/status/buildinfo',
    });
    return this.#parse(buildInfoSchema, parseJson(answer.body), 'version').data;
  }

  /** The groups that the ruler holds for a tenant, by namespace; an unknown namespace is empty. */
  async rules(tenant: string, namespace?: string): Promise<Readonly<Record<string, readonly StoredGroup[]>>> {
    const path = namespace === undefined ? rulesPath() : rulesPath(namespace);
    const { body } = await this.#demand({ what: 'list the rules', method: 'GET', path, tenant });
    const { readListedYaml } = await import('./listed-yaml.ts');
    return this.#parse(namespacesSchema, understood(readListedYaml(body), 'rules') ?? {}, 'rules');
  }

  /** Adds the group, or replaces the one of its name. */
  async setRuleGroup(tenant: string, namespace: string, group: StoredGroup): Promise<void> {
    await this.#demand({
      what: `set rule group "${group.name}"`,
      method: 'POST',
      path: rulesPath(namespace),
      tenant,
      // JSON is YAML.
      body: JSON.stringify(group),
    });
  }

  /** Mimir does not mind when there is no such group. */
  async deleteRuleGroup(tenant: string, namespace: string, group: string): Promise<void> {
    const path = rulesPath(namespace, group);
    await this.#demand({ what: `delete rule group "${group}"`, method: 'DELETE', path, tenant });
  }

  /** Mimir minds when there is no such namespace; that is what was wanted. */
  async deleteRuleNamespace(tenant: string, namespace: string): Promise<void> {
    const what = `delete the rules of namespace "${namespace}"`;
    const request = { what, method: 'DELETE', path: rulesPath(namespace), tenant } as const;
    const answer = await this.#ask(request);
    if (answer.status !== 404) this.#check(request, answer);
  }

  /** The tenant's own configuration; undefined when it has none. */
  async alertmanagerConfig(tenant: string): Promise<AlertmanagerConfig | undefined> {
    const what = 'read the Alertmanager configuration';
    const request = { what, method: 'GET', path: '/api/v1/alerts', tenant } as const;
    const answer = await this.#ask(request);
    if (answer.status === 404) return undefined;
    this.#check(request, answer);
    const read = this.#parse(alertmanagerSchema, await this.#yaml(answer.body, what), what);
    const config = read.alertmanager_config ?? '';
    return config === '' ? undefined : { config, templates: read.template_files ?? {} };
  }

  /** @throws MimirRefusedError with the fault that Mimir found. */
  async setAlertmanagerConfig(tenant: string, { config, templates }: AlertmanagerConfig): Promise<void> {
    await this.#demand({
      what: 'set the Alertmanager configuration',
      method: 'POST',
      path: '/api/v1/alerts',
      tenant,
      body: JSON.stringify({ alertmanager_config: config, template_files: templates }),
    });
  }

  /** Mimir does not mind when there is none. */
  async deleteAlertmanagerConfig(tenant: string): Promise<void> {
    await this.#demand({
      what: 'delete the Alertmanager configuration',
      method: 'DELETE',
      path: '/api/v1/alerts',
      tenant,
    });
  }

  /** @throws MimirRefusedError with the place of the fault when the PromQL does not parse. */
  async checkQuery(tenant: string, query: string): Promise<void> {
    await this.#demand({
      what: 'parse the expression',
      method: 'POST',
      path: '/prometheus/api/v1/format_query',
      tenant,
      form: { query },
    });
  }

  /**
   * Writes what the ingester holds in memory as blocks and ships them; comes back when Mimir has tried. Neither this
   * nor its status proves anything: ask the metrics of the shipper. Mimir itself breaks off an answer after two
   * minutes while the flush goes on.
   */
  async flush(tenant: string | undefined, timeoutMs: number): Promise<void> {
    await this.#demand({
      what: 'flush the ingester',
      method: 'POST',
      path: '/ingester/flush',
      query: `wait=true${tenant === undefined ? '' : `&tenant=${encodeURIComponent(tenant)}`}`,
      timeoutMs,
    });
  }

  /** Samples of these metrics; a metric that has none yet is absent. */
  async metrics(names: readonly string[]): Promise<readonly Sample[]> {
    // Releases that do not know the filter send everything.
    const query = names.map((name) => `name[]=${encodeURIComponent(name)}`).join('&');
    const { body } = await this.#demand({ what: 'read the metrics', method: 'GET', path: '/metrics', query });
    return readMetrics(body, names);
  }

  /** The configuration of the running process, as YAML; Mimir masks the secrets in it. */
  async runningConfig(mode: 'diff' | 'full'): Promise<string> {
    const query = mode === 'diff' ? 'mode=diff' : '';
    const { body } = await this.#demand({
      what: 'read the configuration',
      method: 'GET',
      path: '/config',
      query,
    });
    return body;
  }

  /** Whether Mimir sees no block of the tenant in object storage, where there may never have been one. */
  async hasNoBlocks(tenant: string): Promise<boolean> {
    const { body } = await this.demand({
      what: 'ask for the blocks of the tenant',
      method: 'GET',
      path: '/compactor/delete_tenant_status',
      tenant,
    });
    return this.#parse(deletionSchema, parseJson(body), 'deletion').blocks_deleted;
  }

  /** Every tenant that the ingesters have in memory, over all units. */
  async tenantStats(): Promise<readonly TenantStats[]> {
    const { body } = await this.#demand({
      what: 'read the statistics',
      method: 'GET',
      path: '/distributor/all_user_stats',
      accept: 'application/json',
    });
    const stats = this.#parse(tenantStatsSchema, parseJson(body), 'statistics');
    return (stats ?? [])
      .map(({ userID, numSeries, ingestionRate }) => ({
        tenant: userID,
        seriesCopies: numSeries,
        ingestionRate,
      }))
      .toSorted((a, b) => compareTexts(a.tenant, b.tenant));
  }

  /** How many copies of each series the running process writes. */
  async replicationFactor(): Promise<number> {
    const metric = 'cortex_distributor_replication_factor';
    return Math.max(1, sumOf(await this.metrics([metric]), metric));
  }

  /** For what is rarely asked, and needs no method here: an answer that is a success, or an error that says why not. */
  demand(request: MimirRequest): Promise<MimirAnswer> {
    return this.#demand(request);
  }

  async #demand(request: MimirRequest): Promise<MimirAnswer> {
    const answer = await this.#ask(request);
    this.#check(request, answer);
    return answer;
  }

  #check({ what }: MimirRequest, { status, body }: MimirAnswer): void {
    if (status >= 200 && status < 300) return;
    const reason = reasonOf(body) || `status ${status}`;
    if (status >= 500) throw new MimirFailedError(what, status, reason);
    throw new MimirRefusedError(what, status, reason, body);
  }

  async #ask(request: MimirRequest): Promise<MimirAnswer> {
    const { method, path, query, tenant, body, form, accept, what } = request;
    const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await this.#http.send({
        method,
        path: `${path}${query ? `?${query}` : ''}`,
        headers: {
          ...(tenant !== undefined && { 'x-scope-orgid': tenant }),
          ...(accept !== undefined && { accept }),
          ...(body !== undefined && { 'content-type': 'application/yaml' }),
          ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        body: form === undefined ? body : new URLSearchParams(form).toString(),
        signal,
        largestAnswer: LARGEST_ANSWER,
      });
      return { status: answer.status, body: answer.body.toString('utf8') };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (error instanceof HttpTooLongError) throw new MimirAnswerError(`cannot ${what}: ${error.reason}`);
      const why = signal.aborted
        ? `no answer within ${timeoutMs / 1000} s`
        : reasonOf(error instanceof HttpError ? error.reason : error.message);
      throw new MimirUnreachableError(`cannot ${what}: Mimir does not answer (${why})`, { cause: error });
    }
  }

  /** The YAML library is loaded only when there is YAML to read. */
  async #yaml(text: string, what: string): Promise<unknown> {
    const { readYaml } = await import('./yaml-text.ts');
    return understood(readYaml(text), what);
  }

  #parse<T>(schema: z.core.$ZodType<T>, value: unknown, what: string): T {
    const parsed = z.safeParse(schema, value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new MimirAnswerError(
      `cannot understand what Mimir answered (${what}): ${issue?.path.join('.')}: ${issue?.message}`,
    );
  }
}

function understood(yaml: YamlResult, what: string): unknown {
  if (yaml.ok) return yaml.value;
  throw new MimirAnswerError(`cannot understand what Mimir answered (${what}): ${yaml.problem}`);
}

/** Namespaces and groups may hold slashes; they are one part of the path each. */
function rulesPath(...parts: readonly string[]): string {
  return ['/prometheus/config/v1/rules', ...parts.map(encodeURIComponent)].join('/');
}
