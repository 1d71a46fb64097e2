/** Words -> one line for a POSIX shell. */

/** One word is a command line already; several are quoted where a shell would read something into them. */
export function shellLine(words: readonly string[]): string {
  const [only, ...others] = words;
  return others.length === 0 ? (only ?? '') : words.map(quote).join(' ');
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
