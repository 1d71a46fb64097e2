import { run } from 'charmwright';
import { httpbin } from './charm.ts';

await run(httpbin);
