/** `charmwright init FOLDER`: a new charm. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { makeCharm } from '../../init/init.ts';
import { UsageError, type Verb } from '../verb.ts';

export const init: Verb = {
  usage: 'FOLDER [--name NAME] [--packages FOLDER]',
  details: `Makes a charm in a new folder, such as my-charm: typed, with one container, one relation, one action, its tests,
and npm scripts to check, test and pack it. Nothing is overwritten.
--name      the charm's name; default: the folder's
--packages  takes charmwright, charmwright-pack and juju-local from archives in this folder (npm run pack:npm in
            their repository writes such), and not from the registry`,
  async run(args) {
    const options = { name: { type: 'string' }, packages: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [folder, ...others] = positionals;
    if (folder === undefined) throw new UsageError('which folder? charmwright init my-charm');
    if (others.length > 0) throw new UsageError(`one folder at a time, not ${positionals.join(', ')}`);
    const { name, files } = await makeCharm({ folder, ...values });
    console.log(`${folder}: the charm ${name}, ${files.length} files\n`);
    const steps = [...(resolve(folder) === process.cwd() ? [] : [`cd ${folder}`]), 'npm install', 'npm test'];
    for (const step of steps) console.log(`  ${step}`);
    console.log('\nREADME.md there says how to go on.');
    return 0;
  },
};
