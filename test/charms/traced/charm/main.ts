import { run } from 'charmwright';
import { traced } from './charm.ts';

await run(traced);
