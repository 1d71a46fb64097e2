import { run } from 'charmwright';
import { redis } from './charm.ts';

await run(redis);
