/** The TypeScript types of an action's `results` in actions.yaml: what its handler gives back, and what arrives. */
import type { ActionSpec, ResultSchema } from './spec.ts';

/** What an action's result may be when actions.yaml does not declare it. */
export type ResultValue = string | number | boolean | undefined | { readonly [key: string]: ResultValue };

/** Nested results become nested keys of the action's output; `undefined` is left out. */
export type ActionResults = { readonly [key: string]: ResultValue };

/** What the handler of an action gives back: its declared `results`, or anything when it declares none. */
export type DeclaredResults<A extends ActionSpec> = A extends {
  readonly results: infer R extends Readonly<Record<string, ResultSchema>>;
}
  ? Fields<R, 'value'>
  : ActionResults;

/** What arrives at whoever ran the action: Juju carries text only. */
export type ShownResults<A extends ActionSpec> = A extends {
  readonly results: infer R extends Readonly<Record<string, ResultSchema>>;
}
  ? Fields<R, 'text'>
  : Readonly<Record<string, unknown>>;

type Fields<R, As extends 'value' | 'text'> = {
  readonly [N in keyof R as R[N] extends { readonly optional: true } ? never : N]: One<R[N], As>;
} & {
  readonly [N in keyof R as R[N] extends { readonly optional: true } ? N : never]?: One<R[N], As> | undefined;
};

type One<R, As extends 'value' | 'text'> = R extends { readonly properties: infer P }
  ? Fields<P, As>
  : R extends { readonly additionalProperties: infer A extends ResultSchema }
    ? Readonly<Record<string, One<A, As>>>
    : R extends { readonly enum: readonly (infer V extends string | number | boolean)[] }
      ? Shown<V, As>
      : R extends { readonly type: infer T }
        ? Shown<Scalar<T>, As>
        : never;

type Scalar<T> = T extends 'string' ? string : T extends 'integer' | 'number' ? number : boolean;

/** `number` as text is `${number}`, `boolean` is `'true' | 'false'`. */
type Shown<V extends string | number | boolean, As extends 'value' | 'text'> = As extends 'value'
  ? V
  : `${V}`;
