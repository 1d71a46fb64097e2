/** A live unit as a file, for tests. */
export { jujuProcess, type RunJuju } from './commands.ts';
export { formatSnapshot, parseSnapshot, type Snapshot, SnapshotError } from './format.ts';
export { type SnapshotOptions, takeSnapshot } from './take.ts';
