/** What `dispatch` runs. */
import { run } from 'charmwright';
import { mimir } from './charm.ts';

await run(mimir);
