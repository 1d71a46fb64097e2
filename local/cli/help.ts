/** The table of verbs as text: for `help`, and as the reference page. */
import type { FlagSpec, Flags, VerbSpec } from './spec.ts';
import { globalFlags, groups } from './spec.ts';

/** `juju-local help`: what it is, and all verbs by group. */
export function overview(specs: readonly VerbSpec[]): string {
  const width = Math.max(...specs.map((spec) => spec.name.length));
  const sections = groups.map((group) => {
    const lines = inGroup(specs, group).map((spec) => `    ${spec.name.padEnd(width)}  ${spec.summary}`);
    return `${group}:\n${lines.join('\n')}\n`;
  });
  return `juju-local runs packed Juju charms on this machine, without a controller or a cluster.
Its commands, flags and output are those of juju.

Usage: juju-local <command> [flags] [arguments]

Start here:
    juju-local deploy ./my-charm.charm --resource my-image=./my-image
    juju-local status --watch 2s
    juju-local destroy-model --no-prompt

${sections.join('\n')}
Every command:
${flagLines(globalFlags)}
\`juju-local help <command>\` tells more.
`;
}

/** `juju-local help VERB`, laid out as juju's. */
export function verbHelp(spec: VerbSpec): string {
  const parts = [
    `Usage: ${usage(spec)}`,
    `Summary:\n${spec.summary}.`,
    `Global Options:\n${flagLines(globalFlags)}`.trimEnd(),
    ...(Object.keys(spec.flags).length === 0 ? [] : [`Command Options:\n${flagLines(spec.flags)}`.trimEnd()]),
    ...(spec.details.length === 0
      ? []
      : [`Details:\n${spec.details.map((text) => wrap(text)).join('\n\n')}`]),
    ...(spec.aliases === undefined ? [] : [`Aliases: ${spec.aliases.join(', ')}`]),
    `Examples:\n${spec.examples.map(exampleText).join('\n')}`,
    ...(spec.seeAlso === undefined
      ? []
      : [`See also:\n${spec.seeAlso.map((name) => ` - ${name}`).join('\n')}`]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The whole of docs/reference/juju-local.md. */
export function referencePage(specs: readonly VerbSpec[]): string {
  const contents = groups
    .map((group) => {
      const names = inGroup(specs, group).map((spec) => `[${spec.name}](#${spec.name})`);
      return `| ${group} | ${names.join(', ')} |`;
    })
    .join('\n');
  const sections = groups.flatMap((group) => inGroup(specs, group).map(section));
  return `# juju-local

<!-- Generated from local/cli/table by \`node local/cli/reference.ts\`. A test compares the two. -->

\`juju-local\` runs packed charms on one machine, without a controller or a cluster. Its commands, flags and output
are those of juju 3.6; commands under "Local" exist only here.

| | |
|---|---|
${contents}

Flags of every command:

${flagTable(globalFlags)}

Errors are printed on standard error as \`ERROR <text>\`. The exit code is 0 on success, 1 when the request failed,
and 2 when its words could not be understood.

${sections.join('\n')}`;
}

function section(spec: VerbSpec): string {
  const aliases =
    spec.aliases === undefined ? '' : ` Also called ${spec.aliases.map((a) => `\`${a}\``).join(', ')}.`;
  const parts = [
    `## ${spec.name}`,
    `${spec.summary}.${aliases}`,
    `\`\`\`text\n${usage(spec)}\n\`\`\``,
    ...spec.details,
    ...(Object.keys(spec.flags).length === 0 ? [] : [flagTable(spec.flags)]),
    ...spec.examples.map((example) => {
      const note = example.note === undefined ? '' : `${example.note}\n\n`;
      return `${note}\`\`\`console\n$ ${example.command}\n\`\`\``;
    }),
    ...(spec.seeAlso === undefined
      ? []
      : [`See also: ${spec.seeAlso.map((name) => `[${name}](#${name})`).join(', ')}.`]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function inGroup(specs: readonly VerbSpec[], group: string): readonly VerbSpec[] {
  return specs.filter((spec) => spec.group === group);
}

/** `juju-local deploy [flags] <charm>`. */
export function usage(spec: VerbSpec): string {
  const flags = Object.keys(spec.flags).length === 0 ? '' : ' [flags]';
  return `juju-local ${spec.name}${flags}${spec.args === '' ? '' : ` ${spec.args}`}`;
}

function flagLines(flags: Flags): string {
  return sorted(flags)
    .map(([name, flag]) => `${flagNames(name, flag)}${flagDefault(flag)}\n    ${flag.summary}\n`)
    .join('');
}

function flagTable(flags: Flags): string {
  const rows = sorted(flags).map(([name, flag]) => {
    const initial = defaultText(flag);
    const cells = [code(flagNames(name, flag)), initial === undefined ? '' : code(initial), flag.summary];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return `| flag | default | what it does |\n|---|---|---|\n${rows.join('\n')}`;
}

function sorted(flags: Flags): readonly [string, FlagSpec][] {
  return Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1));
}

function flagNames(name: string, flag: FlagSpec): string {
  const short = flag.short === undefined ? '' : `-${flag.short}, `;
  switch (flag.kind) {
    case 'boolean':
      return `${short}--${name}`;
    case 'choice':
      return `${short}--${name} ${flag.choices.join('|')}`;
    case 'string':
    case 'strings':
    case 'integer':
    case 'duration':
      return `${short}--${name} ${flag.value}`;
  }
}

function flagDefault(flag: FlagSpec): string {
  const initial = defaultText(flag);
  return initial === undefined ? '' : ` (= ${initial})`;
}

function defaultText(flag: FlagSpec): string | undefined {
  return 'default' in flag && flag.default !== undefined ? String(flag.default) : undefined;
}

function exampleText(example: { command: string; note?: string }): string {
  return `${example.note === undefined ? '' : `${example.note}\n\n`}    ${example.command}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Lines of at most 80 letters; Markdown's back-quotes mean nothing in a terminal. */
function wrap(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.replaceAll('`', "'").split(' ')) {
    if (line !== '' && line.length + word.length + 1 > 80) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}
