/** The commands of a page, and what it says they print. */
import { readFile } from 'node:fs/promises';

export interface ConsoleCommand {
  readonly command: string;
  /** Lines as the page shows them; `…` stands for anything. */
  readonly output: string;
}

/** The commands of all console blocks, in order. */
export async function consoleCommands(page: string): Promise<readonly ConsoleCommand[]> {
  return commandsIn(await readFile(page, 'utf8'));
}

export function commandsIn(markdown: string): readonly ConsoleCommand[] {
  const blocks = [...markdown.matchAll(/^```console\n(.*?)^```$/gms)].map(([, block = '']) => block);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((entry) => {
        const [command = '', ...output] = entry.split('\n');
        return { command, output: output.join('\n').trimEnd() };
      }),
  );
}

/** `cat NAME`: the page shows a file that its reader has. */
export function shownFile({
  command,
  output,
}: ConsoleCommand): { name: string; content: string } | undefined {
  const name = /^cat ([\w.-]+)$/.exec(command)?.[1];
  return name === undefined ? undefined : { name, content: `${output}\n` };
}

/** Whether something was printed as the page shows it. */
export function looksLike(printed: string, shown: string): boolean {
  const parts = shown.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*')}$`).test(printed.trimEnd());
}
