import { run } from 'charmwright';
import { feeds } from './charm.ts';

await run(feeds);
