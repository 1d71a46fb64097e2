/**
 * With which parts of the ring an ingester begins. One that has to think of them itself is in the ring for a second
 * without any, and is asked by queries meanwhile, which it does not answer: a gossiped ring tells two states of a member
 * apart by whole seconds only. One that finds them in its file is there at once, with all.
 */
import { createHash } from 'node:crypto';
import type { Inputs } from './inputs.ts';
import { TOKENS_FILE } from './paths.ts';
import type { PlannedFile } from './plan.ts';

/** Mimir's `num_tokens`. With fewer it would choose the rest itself. */
const TOKENS = 128;
const BYTES = 4;

/** Mimir writes it again at each start, and takes it away when the ingester leaves for good. */
export function tokensFile(inputs: Pick<Inputs, 'model' | 'unit'>): PlannedFile {
  const content = JSON.stringify({ tokens: tokensOf(`${inputs.model.uuid} ${inputs.unit}`) });
  return { path: TOKENS_FILE, content, permissions: 0o644, onlyIfMissing: true };
}

/** Spread as if by chance, and the same for the same name, in ascending order. */
function tokensOf(name: string): readonly number[] {
  const tokens = new Set<number>();
  for (let block = 0; tokens.size < TOKENS; block += 1) {
    const digest = createHash('sha256').update(`${name} ${block}`).digest();
    for (let at = 0; at < digest.length && tokens.size < TOKENS; at += BYTES)
      tokens.add(digest.readUInt32BE(at));
  }
  return [...tokens].toSorted((a, b) => a - b);
}
