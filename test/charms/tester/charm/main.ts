import { run } from 'charmwright';
import { tester } from './charm.ts';

await run(tester);
