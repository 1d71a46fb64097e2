/** What the demo prints: headings, commands as a user would type them, and results. */
import { styleText } from 'node:util';

const started = performance.now();

/** `[ 12 s] Deploying` */
export function step(title: string): void {
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`\n${paint('bold', title)} ${paint('dim', `(${seconds} s)`)}`);
}

/** A command, shown as one would type it. */
export function command(words: readonly (string | { readonly shown: string })[]): void {
  const shown = words.map((word) => (typeof word === 'string' ? quoted(word) : word.shown));
  console.log(paint('dim', '  $ ') + shown.join(' '));
}

export function line(text: string): void {
  console.log(text === '' ? '' : `  ${text}`);
}

/** Output of a command, indented. */
export function output(text: string): void {
  for (const row of text.trimEnd().split('\n')) line(row);
}

export function good(text: string): void {
  console.log(`  ${paint('green', '✔')} ${text}`);
}

export function elapsed(): number {
  return Math.round((performance.now() - started) / 1000);
}

function paint(style: 'bold' | 'dim' | 'green', text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

function quoted(word: string): string {
  return /^[\w@%+=:,./{}&~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
