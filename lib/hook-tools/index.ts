/** One typed function for each hook tool. */
export * from './action.ts';
export { processRunner } from './process-runner.ts';
export * from './relation.ts';
export * from './runner.ts';
export * from './secret.ts';
export * from './unit.ts';
