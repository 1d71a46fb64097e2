import type { Figure } from '../figures.ts';

export interface Picture {
  /** In docs/pictures. */
  readonly file: string;
  /** What it shows. */
  readonly about: string;
  readonly svg: string;
}

export interface Measured {
  readonly figures: readonly Figure[];
  readonly pictures: readonly Picture[];
  /** Tables, below all that. */
  readonly text: string;
}
