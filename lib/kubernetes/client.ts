/**
 * The only module that loads Kubernetes' own client: what it knows of the objects, in single modules, since its index
 * brings a shell into pods, logins by browser and archives along.
 */
import {
  type RequestContext,
  ResponseContext,
  wrapHttpLibrary,
} from '@kubernetes/client-node/dist/gen/http/http.js';
import { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js';
import { KubernetesObjectApi } from '@kubernetes/client-node/dist/object.js';
import { PatchStrategy } from '@kubernetes/client-node/dist/patch.js';
import * as z from 'zod/mini';
import { ask } from './connection.ts';
import { type Managed, managedShape } from './fields.ts';
import type { ServiceAccount } from './service-account.ts';

/** @throws NoAnswer, or the client's own ApiException. */
export async function sendPatch(
  account: ServiceAccount,
  object: { readonly kind: string; readonly apiVersion: string; readonly metadata: object },
  { fieldManager, force }: { readonly fieldManager: string; readonly force: boolean },
): Promise<Managed> {
  const { ServerSideApply } = PatchStrategy;
  const answer: unknown = await apiOf(account).patch(
    object,
    undefined,
    undefined,
    fieldManager,
    force,
    ServerSideApply,
  );
  return z.parse(managedShape, answer);
}

function apiOf(account: ServiceAccount): KubernetesObjectApi {
  const send = async (request: RequestContext) => {
    const { pathname, search } = new URL(request.getUrl());
    const body: unknown = request.getBody();
    const answer = await ask(account, {
      method: request.getHttpMethod() === 'PATCH' ? 'PATCH' : 'GET',
      path: `${pathname}${search}`,
      headers: request.getHeaders(),
      ...(typeof body === 'string' && { body }),
    });
    const type = answer.headers['content-type'] ?? 'application/json';
    const binary = async () => answer.body;
    const text = async () => answer.body.toString('utf8');
    return new ResponseContext(answer.status, { 'content-type': type }, { text, binary, stream: () => null });
  };
  return new KubernetesObjectApi({
    baseServer: new ServerConfiguration(account.origin, {}),
    httpApi: wrapHttpLibrary({ send }),
    middleware: [],
    authMethods: {},
  });
}
