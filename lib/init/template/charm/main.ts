/** What Juju runs for every event. */
import { run } from 'charmwright';
import { charm } from './charm.ts';

await run(charm);
