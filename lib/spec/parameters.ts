/** The TypeScript types of JSON Schemas in actions.yaml: what a handler gets as its parameters. */
import type { ActionSpec, ParameterSchema } from './spec.ts';

/**
 * The value of a schema. Read are `enum`, `type` (also a list of types, `null` among them), `items`, `properties` with
 * `required` and `default`, `additionalProperties`, and, where there is no type, `oneOf` and `anyOf`; any other keyword
 * narrows values, not types. `Filled`: defaults have been put in, which happens everywhere but inside alternatives.
 */
export type ParameterValue<P, Filled extends boolean = true> = P extends {
  readonly enum: readonly (infer V)[];
}
  ? V
  : P extends { readonly type: readonly (infer T)[] }
    ? ValueOf<T, P, Filled>
    : P extends { readonly type: infer T }
      ? ValueOf<T, P, Filled>
      : P extends { readonly oneOf: readonly (infer O)[] } | { readonly anyOf: readonly (infer O)[] }
        ? ParameterValue<O, false>
        : unknown;

/** The value of one JSON-Schema type name. */
type ValueOf<T, P, Filled extends boolean> = T extends 'string'
  ? string
  : T extends 'integer' | 'number'
    ? number
    : T extends 'boolean'
      ? boolean
      : T extends 'null'
        ? null
        : T extends 'array'
          ? readonly (P extends { readonly items: infer I extends ParameterSchema }
              ? ParameterValue<I, Filled>
              : unknown)[]
          : T extends 'object'
            ? MapOf<P, Filled>
            : unknown;

type MapOf<P, Filled extends boolean> = P extends { readonly properties: infer Properties }
  ? Fields<Properties, P extends { readonly required: readonly (infer R)[] } ? R : never, Filled>
  : P extends { readonly additionalProperties: infer A extends ParameterSchema }
    ? Readonly<Record<string, ParameterValue<A, Filled>>>
    : Readonly<Record<string, unknown>>;

/** Those that are required or have a default are there; the others may be absent. */
type Fields<Properties, Required, Filled extends boolean> = {
  readonly [N in keyof Properties as IsGiven<N, Properties[N], Required, Filled> extends true
    ? N
    : never]: ParameterValue<Properties[N], Filled>;
} & {
  readonly [N in keyof Properties as IsGiven<N, Properties[N], Required, Filled> extends true
    ? never
    : N]?: ParameterValue<Properties[N], Filled>;
};

type IsGiven<N, P, Required, Filled extends boolean> = N extends Required
  ? true
  : P extends { readonly default: unknown }
    ? Filled
    : false;

/** An action's parameters after ajv has checked them and filled the defaults in. */
export type ActionParams<A extends ActionSpec> = Fields<A['params'], A['required'][number], true>;
