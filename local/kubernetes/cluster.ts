/**
 * Juju's side of a model on Kubernetes: makes the objects of each application and keeps them as the model is. It writes an
 * object when Juju would, and as Juju does: by a merge that leaves what others have added, and takes back what is its own.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { unitsOf } from '../model/lookup.ts';
import type { Application, Model } from '../model/state.ts';
import { type ApiAnswer, type ApiServer, ApiServerError } from './api-server.ts';
import {
  applicationObjects,
  JUJU,
  type KubernetesObject,
  namespaceObject,
  podObject,
} from './juju-objects.ts';

const TOKEN_SECONDS = 365 * 24 * 3600;
/** Nodes with their zones. */
const NODES = ['a', 'b', 'c'].map((zone, index) => ({ name: `node-${index}`, zone: `zone-${zone}` }));

const tokenShape = z.object({ status: z.object({ token: z.string() }) });
const portsShape = z.object({
  spec: z.object({ ports: z.array(z.looseObject({ name: z.string().optional() })).optional() }),
});
const templateShape = z.object({
  spec: z.object({ template: z.object({ spec: z.record(z.string(), z.unknown()) }) }),
});

const probesShape = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.array(
          z.object({
            name: z.string(),
            readinessProbe: z.object({ initialDelaySeconds: z.number().optional() }).optional(),
          }),
        ),
      }),
    }),
  }),
});

/** The objects of one model in one API server. */
export class Cluster {
  readonly #server: ApiServer;
  /** What was last written of each object, by its path. */
  readonly #written = new Map<string, string>();
  /** The objects of each application, the last made first. */
  readonly #made = new Map<string, readonly string[]>();
  #working: Promise<void> = Promise.resolve();

  constructor(server: ApiServer) {
    this.#server = server;
  }

  /** Makes the objects what the model says. One call after the other. @throws ApiServerError */
  sync(model: Model): Promise<void> {
    const done = this.#working.then(() => this.#sync(model));
    this.#working = done.catch(() => {});
    return done;
  }

  /** What a pod of the application finds where Kubernetes mounts its service account. Its objects must be there. */
  async writeAccount(model: Model, application: string, folder: string): Promise<void> {
    const path = `/api/v1/namespaces/${model.name}/serviceaccounts/${application}/token`;
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: TOKEN_SECONDS },
    };
    const answer = await this.#server.request('POST', path, request);
    const { token } = tokenShape.parse(expected(answer, `POST ${path}`).body).status;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, 'token'), token);
    await writeFile(join(folder, 'ca.crt'), this.#server.authority);
    await writeFile(join(folder, 'namespace'), model.name);
  }

  /** By container, in seconds. */
  async readinessDelays(model: Model, application: string): Promise<Readonly<Record<string, number>>> {
    await this.sync(model);
    const path = `/apis/apps/v1/namespaces/${model.name}/statefulsets/${application}`;
    const { body } = expected(await this.#server.request('GET', path), `GET ${path}`);
    return Object.fromEntries(
      probesShape
        .parse(body)
        .spec.template.spec.containers.map(({ name, readinessProbe }) => [
          name,
          readinessProbe?.initialDelaySeconds ?? 0,
        ]),
    );
  }

  async #sync(model: Model): Promise<void> {
    await this.#write(namespaceObject(model));
    for (const { name, zone } of NODES) await this.#write(nodeObject(name, zone));
    for (const application of Object.values(model.applications)) await this.#syncOne(model, application);
    for (const [name, paths] of this.#made) {
      if (model.applications[name] !== undefined) continue;
      for (const path of paths) await this.#delete(path);
      this.#made.delete(name);
    }
  }

  async #syncOne(model: Model, application: Application): Promise<void> {
    const objects = applicationObjects(model, application);
    for (const object of objects) {
      const { kind } = object.body;
      if (kind === 'StatefulSet') await this.#writeStatefulSet(object);
      else if (kind === 'Service') await this.#writeService(object);
      else await this.#write(object);
    }
    const pods = await this.#syncPods(model, application, objects.at(-1));
    const before = this.#made.get(application.name) ?? [];
    const now = [...objects.map(pathOf), ...pods].reverse();
    for (const path of before) if (!now.includes(path)) await this.#delete(path);
    this.#made.set(application.name, now);
  }

  /** What Juju scales by is one field, written alone. */
  async #writeStatefulSet(object: KubernetesObject): Promise<void> {
    const path = pathOf(object);
    const { spec, ...rest } = object.body;
    const { replicas, ...other } = z.looseObject({ replicas: z.number() }).parse(spec);
    const text = JSON.stringify([rest, other]);
    if (this.#written.get(path) !== text) await this.#merge(object, text);
    const key = `${path}/replicas`;
    if (this.#written.get(key) !== String(replicas)) {
      expected(await this.#server.merge(path, JUJU, { spec: { replicas } }), `PATCH ${path}`);
      this.#written.set(key, String(replicas));
    }
  }

  /** Juju replaces its own ports, and keeps others. */
  async #writeService(object: KubernetesObject): Promise<void> {
    const path = pathOf(object);
    const text = JSON.stringify(object.body);
    if (this.#written.get(path) === text) return;
    const live = await this.#server.request('GET', path);
    const { ports = [] } = live.status === 200 ? portsShape.parse(live.body).spec : {};
    const others = ports.filter(({ name = '' }) => !/^(?:juju-|placeholder$)/.test(name));
    const own = portsShape.parse(object.body).spec;
    const all = own.ports === undefined ? {} : { ports: [{ $patch: 'replace' }, ...others, ...own.ports] };
    const spec = z.looseObject({}).parse(object.body.spec);
    if (live.status !== 200) return this.#write(object);
    const body = { ...object.body, spec: { ...spec, ...all } };
    expected(await this.#server.merge(path, JUJU, body), `PATCH ${path}`);
    this.#written.set(path, text);
  }

  async #syncPods(
    model: Model,
    application: Application,
    statefulSet: KubernetesObject | undefined,
  ): Promise<readonly string[]> {
    if (statefulSet === undefined) return [];
    const paths: string[] = [];
    for (const unit of unitsOf(application)) {
      const node = NODES[unit.ordinal % NODES.length]?.name ?? '';
      const place = podObject(model, unit.name, { spec: {} }, node);
      paths.push(pathOf(place));
      if (this.#written.has(pathOf(place))) continue;
      const answer = await this.#server.request('GET', pathOf(statefulSet));
      const { template } = templateShape.parse(answer.body).spec;
      await this.#write(podObject(model, unit.name, template, node));
      const status = {
        phase: 'Running',
        podIP: unit.address,
        conditions: [{ type: 'Ready', status: 'True' }],
      };
      await this.#server.merge(`${pathOf(place)}/status`, 'kubelet', { status });
    }
    return paths;
  }

  async #write(object: KubernetesObject): Promise<void> {
    const text = JSON.stringify(object.body);
    if (this.#written.get(pathOf(object)) !== text) await this.#merge(object, text);
  }

  async #merge(object: KubernetesObject, text: string): Promise<void> {
    const path = pathOf(object);
    const patched = await this.#server.merge(path, JUJU, object.body);
    if (patched.status === 404) {
      const create = `${object.collection}?fieldManager=${JUJU}`;
      expected(await this.#server.request('POST', create, object.body), `POST ${create}`);
    } else expected(patched, `PATCH ${path}`);
    this.#written.set(path, text);
  }

  async #delete(path: string): Promise<void> {
    const gone = await this.#server.request('DELETE', `${path}?gracePeriodSeconds=0`);
    if (gone.status !== 404) expected(gone, `DELETE ${path}`);
    this.#written.delete(path);
    this.#written.delete(`${path}/replicas`);
  }
}

function nodeObject(name: string, zone: string): KubernetesObject {
  const labels = { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': zone };
  const body = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
  return { collection: '/api/v1/nodes', name, body };
}

function pathOf({ collection, name }: KubernetesObject): string {
  return `${collection}/${name}`;
}

function expected(answer: ApiAnswer, what: string): ApiAnswer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  const said = z.object({ message: z.string() }).safeParse(answer.body).data?.message ?? '';
  throw new ApiServerError(`${what}: HTTP ${answer.status} ${said}`);
}
