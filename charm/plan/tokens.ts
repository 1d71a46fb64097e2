/**
 * With which parts of the ring an ingester begins. One that has to think of them itself is in the ring for a second
 * without any, and is asked by queries meanwhile, which it does not answer: a gossiped ring tells two states of a member
 * apart by whole seconds only. One that finds them in its file is there at once, with all.
 */
import { createHash } from 'node:crypto';
import type { Inputs } from './inputs.ts';

/** Mimir's `num_tokens`. With fewer it would choose the rest itself. */
const TOKENS = 128;
const BYTES = 4;

/** As Mimir writes them: what the file holds when a unit begins. */
export function firstTokens({ model, unit }: Pick<Inputs, 'model' | 'unit'>): string {
  return JSON.stringify({ tokens: tokensOf(`${model.uuid} ${unit}`) });
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
