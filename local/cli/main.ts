#!/usr/bin/env node
/** What bin/juju-local starts. */
import { enableCompileCache } from 'node:module';

enableCompileCache();
// Loaded after the cache is on, so that everything behind it is compiled once only.
const { processTerminal } = await import('./terminal.ts');
const { runCommandLine } = await import('./run.ts');

// `juju-local status | head -1` closes our output early: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const code = await runCommandLine(process.argv.slice(2), processTerminal());
// Standard input may be a pipe that nobody closes, and a poll may be under way: nothing is waited for any more.
// What was printed is out: on Linux files, pipes and terminals are written at once.
process.exit(code);
