/** What bin/juju-local starts. Only this file touches the process. */
import { enableCompileCache } from 'node:module';

enableCompileCache();
// Loaded after the cache is on, so that everything behind it is compiled once only.
const { processTerminal } = await import('./terminal.ts');
const { runCommandLine } = await import('./run.ts');

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
process.once('SIGTERM', () => interrupt.abort());
// `juju-local status | head -1` closes our output early: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal(interrupt.signal));
