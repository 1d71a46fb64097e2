import { run } from 'charmwright';
import { oneFile } from './charm.ts';

await run(oneFile);
