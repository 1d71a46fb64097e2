import { run } from 'charmwright';
import { mirror } from './charm.ts';

await run(mirror);
