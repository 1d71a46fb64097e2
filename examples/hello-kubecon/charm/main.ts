import { run } from 'charmwright';
import { helloKubecon } from './charm.ts';

await run(helloKubecon);
