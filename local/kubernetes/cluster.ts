/**
 * Juju's side of a model on Kubernetes: makes the objects of each application and keeps them as the model is. It writes an
 * object when Juju would, and as Juju does: by a merge that leaves what others have added, and takes back what is its own.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { PodRules } from '../containers/pod-rules.ts';
import { allUnits, appOf, findUnit, unitsOf } from '../model/lookup.ts';
import type { Application, Model } from '../model/state.ts';
import { type ApiAnswer, type ApiServer, ApiServerError } from './api-server.ts';
import {
  applicationObjects,
  JUJU,
  type KubernetesObject,
  namespaceObject,
  type PodTemplate,
  podObject,
} from './juju-objects.ts';

const TOKEN_SECONDS = 365 * 24 * 3600;
/** Nodes with their zones. */
const NODES = ['a', 'b', 'c'].map((zone, index) => ({ name: `node-${index}`, zone: `zone-${zone}` }));

const tokenShape = z.object({ status: z.object({ token: z.string() }) });
const portsShape = z.object({
  spec: z.object({ ports: z.array(z.looseObject({ name: z.string().optional() })).optional() }),
});
const setShape = z.object({
  metadata: z.object({ uid: z.string(), generation: z.number() }),
  spec: z.object({ template: z.looseObject({ spec: z.record(z.string(), z.unknown()) }) }),
});

const rulesShape = z.object({
  terminationGracePeriodSeconds: z.number(),
  readinessGates: z.array(z.object({ conditionType: z.string() })).default([]),
  containers: z.array(
    z.object({
      name: z.string(),
      readinessProbe: z.object({ initialDelaySeconds: z.number().optional() }).optional(),
    }),
  ),
});
const conditionsShape = z.object({
  status: z.object({
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
  }),
});

/** What pods of a StatefulSet are made of. */
export interface Template {
  /** Of the StatefulSet: another one of the same name has another. */
  readonly uid: string;
  /** Of the StatefulSet: which of two answers is the newer one. */
  readonly generation: number;
  readonly digest: string;
}

/** The objects of one model in one API server. */
export class Cluster {
  readonly #server: ApiServer;
  /** What was last written of each object, by its path. */
  readonly #written = new Map<string, string>();
  /** The objects of each application, the last made first. */
  readonly #made = new Map<string, readonly string[]>();
  /** Where each unit's pod is. */
  readonly #pods = new Map<string, string>();
  #working: Promise<unknown> = Promise.resolve();

  constructor(server: ApiServer) {
    this.#server = server;
  }

  /** Makes the objects what the model says. One call after the other. @throws ApiServerError */
  sync(model: Model): Promise<void> {
    return this.#inTurn(() => this.#sync(model));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#working.then(work);
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

  /** Makes a unit's pod anew, by the template as it is now. @throws ApiServerError */
  newPod(model: Model, unit: string): Promise<PodRules & { readonly template: Template }> {
    return this.#inTurn(async () => {
      await this.#sync(model);
      const { template, ...version } = await this.#statefulSet(model, appOf(unit));
      const { ordinal, address } = findUnit(model, unit);
      const pod = podObject(model, unit, template, NODES[ordinal % NODES.length]?.name ?? '');
      await this.#delete(pathOf(pod));
      await this.#write(pod);
      this.#pods.set(unit, pathOf(pod));
      await this.#writePodStatus(pathOf(pod), {
        phase: 'Running',
        podIP: address,
        conditions: conditions({ ContainersReady: false, Ready: false }),
      });
      return { ...rulesOf(template), template: version };
    });
  }

  /** What the kubelet says of a pod. */
  tellPod(unit: string, ready: { readonly containers: boolean; readonly pod: boolean }): Promise<void> {
    return this.#inTurn(async () => {
      const path = this.#pods.get(unit);
      if (path === undefined) return;
      const told = conditions({ ContainersReady: ready.containers, Ready: ready.pod });
      await this.#writePodStatus(path, { conditions: told });
    });
  }

  /** Whether all conditions of a pod are met that others have to say. */
  async hasPassed(unit: string, gates: readonly string[]): Promise<boolean> {
    const path = this.#pods.get(unit);
    if (path === undefined) return false;
    const { body } = expected(await this.#server.request('GET', path), `GET ${path}`);
    const { status } = conditionsShape.parse(body);
    return gates.every((gate) =>
      status.conditions.some((condition) => condition.type === gate && condition.status === 'True'),
    );
  }

  /**
   * Writes how far each application's pods are, for `kubectl rollout status` and its like.
   * @param pods what each unit's pod was made of, and whether it is ready
   * @returns what pods of each application are made of now
   */
  async tellRollouts(
    model: Model,
    pods: ReadonlyMap<string, { readonly template: string; readonly ready: boolean }>,
  ): Promise<readonly (readonly [application: string, template: Template])[]> {
    const applications = Object.values(model.applications).filter(({ name }) => this.#made.has(name));
    const all = applications.map(async (application) => {
      const { template: _, ...made } = await this.#statefulSet(model, application.name);
      const wanted = made.digest;
      const own = unitsOf(application).flatMap(({ name }) => pods.get(name) ?? []);
      const updated = own.filter((pod) => pod.template === wanted).length;
      const ready = own.filter((pod) => pod.ready).length;
      await this.#writeOnce(`${setPath(model, application.name)}/status`, 'statefulset-controller', {
        observedGeneration: made.generation,
        replicas: own.length,
        readyReplicas: ready,
        availableReplicas: ready,
        updatedReplicas: updated,
        updateRevision: `${application.name}-${wanted}`,
        ...(updated === own.length && { currentRevision: `${application.name}-${wanted}` }),
      });
      return [application.name, made] as const;
    });
    return Promise.all(all);
  }

  async #statefulSet(model: Model, application: string) {
    const path = setPath(model, application);
    const { body } = expected(await this.#server.request('GET', path), `GET ${path}`);
    const { metadata, spec } = setShape.parse(body);
    return { ...metadata, digest: digest(spec.template), template: spec.template };
  }

  async #writeOnce(path: string, manager: string, status: Readonly<Record<string, unknown>>): Promise<void> {
    const text = JSON.stringify(status);
    if (this.#written.get(path) === text) return;
    expected(await this.#server.merge(path, manager, { status }), `PATCH ${path}`);
    this.#written.set(path, text);
  }

  async #writePodStatus(path: string, status: Readonly<Record<string, unknown>>): Promise<void> {
    expected(await this.#server.merge(`${path}/status`, 'kubelet', { status }), `PATCH ${path}/status`);
  }

  async #sync(model: Model): Promise<void> {
    await this.#write(namespaceObject(model));
    for (const { name, zone } of NODES) await this.#write(nodeObject(name, zone));
    for (const application of Object.values(model.applications)) await this.#syncOne(model, application);
    const units = new Set(allUnits(model).map(({ name }) => name));
    for (const [unit, path] of this.#pods) {
      if (units.has(unit)) continue;
      await this.#delete(path);
      this.#pods.delete(unit);
    }
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
    this.#made.set(application.name, objects.map(pathOf).reverse());
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
    for (const part of ['replicas', 'status']) this.#written.delete(`${path}/${part}`);
  }
}

function nodeObject(name: string, zone: string): KubernetesObject {
  const labels = { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': zone };
  const body = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
  return { collection: '/api/v1/nodes', name, body };
}

function conditions(all: Readonly<Record<string, boolean>>) {
  return Object.entries(all).map(([type, isSo]) => ({ type, status: isSo ? 'True' : 'False' }));
}

function rulesOf(template: PodTemplate): PodRules {
  const { terminationGracePeriodSeconds, readinessGates, containers } = rulesShape.parse(template.spec);
  return {
    graceSeconds: terminationGracePeriodSeconds,
    readinessDelays: Object.fromEntries(
      containers.map(({ name, readinessProbe }) => [name, readinessProbe?.initialDelaySeconds ?? 0]),
    ),
    gates: readinessGates.map(({ conditionType }) => conditionType),
  };
}

function digest(template: PodTemplate): string {
  return createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 16);
}

function setPath({ name }: Model, application: string): string {
  return `/apis/apps/v1/namespaces/${name}/statefulsets/${application}`;
}

function pathOf({ collection, name }: KubernetesObject): string {
  return `${collection}/${name}`;
}

function expected(answer: ApiAnswer, what: string): ApiAnswer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  const said = z.object({ message: z.string() }).safeParse(answer.body).data?.message ?? '';
  throw new ApiServerError(`${what}: HTTP ${answer.status} ${said}`);
}
