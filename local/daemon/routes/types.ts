import type { z } from 'zod';
import type { Api, Response, Verb } from '../../api.ts';
import type { World } from '../world.ts';

/** What a verb does with its checked request. Throws Refusal with Juju's words. */
export type Handler<V extends Verb> = (
  world: World,
  request: z.output<Api[V]['request']>,
) => Response<V> | Promise<Response<V>>;

export type Handlers<V extends Verb> = { readonly [Name in V]: Handler<Name> };
