import { run } from 'charmwright';
import { memcached } from './charm.ts';

await run(memcached);
