/** What `dispatch` runs. */
import { run } from 'charmwright';
import { charm } from './charm.ts';

await run(charm);
