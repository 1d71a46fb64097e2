/** `npm run pack:npm [-- FOLDER]`: writes the npm packages, as archives to install or to publish, into dist/npm. */
import { relative, resolve } from 'node:path';
import { PACKAGE_NAMES, packPackage } from './packages.ts';

const out = resolve(process.argv[2] ?? 'dist/npm');
for (const name of PACKAGE_NAMES) console.log(relative(process.cwd(), await packPackage(name, out)));
