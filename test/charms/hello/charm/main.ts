import { run } from 'charmwright';
import { hello } from './charm.ts';

await run(hello);
