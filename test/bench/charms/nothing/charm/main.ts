import { run } from 'charmwright';
import { nothing } from './charm.ts';

await run(nothing);
