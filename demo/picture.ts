/**
 * Turns a recorded terminal session into an SVG picture for the README:
 *
 *   FORCE_COLOR=1 make demo | tee /dev/stderr | node demo/picture.ts > docs/pictures/demo.svg
 *
 * Lines of progress that were overwritten in the terminal are left out; long sessions are cut to their first and
 * last lines, with a mark where lines are missing.
 */
import { text } from 'node:stream/consumers';

const HEAD = 46;
const TAIL = 40;
const COLUMNS = 112;
const CHAR_WIDTH = 7.8;
const LINE_HEIGHT = 17;
const MARGIN = 18;
const BAR = 34;

/** Colours for the SGR codes that the demo and juju-local print. */
const COLOURS: Readonly<Record<number, string>> = {
  31: '#f07178',
  32: '#8fd47f',
  33: '#ffcb6b',
  34: '#82aaff',
  35: '#c792ea',
  36: '#7fd5ea',
  90: '#7a8599',
};

interface Run {
  readonly text: string;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly colour?: string;
}

const recorded = (await text(process.stdin)).trim().split('\n').map(lastOverwrite);
const lines = shorten(recorded).map(parseLine).flatMap(wrap);
process.stdout.write(svg(lines));

function shorten(all: readonly string[]): readonly string[] {
  const kept = all.filter((line, i) => line !== '' || all[i - 1] !== '');
  if (kept.length <= HEAD + TAIL) return kept;
  return [...kept.slice(0, HEAD), '  ⋮', ...kept.slice(-TAIL)];
}

/** What a terminal shows of a line with carriage returns in it: the last writing. */
function lastOverwrite(line: string): string {
  return line.replace(/\r$/, '').split('\r').at(-1) ?? '';
}

function parseLine(line: string): readonly Run[] {
  const runs: Run[] = [];
  let style: Omit<Run, 'text'> = { bold: false, dim: false };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is parsed here
  for (const part of line.split(/(\u001b\[[0-9;?]*[A-Za-z])/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    const codes = /^\u001b\[([0-9;]*)m$/.exec(part)?.[1];
    if (codes !== undefined) for (const code of codes.split(';')) style = apply(style, Number(code || 0));
    else if (part !== '' && !part.startsWith('\u001b')) runs.push({ ...style, text: part });
  }
  return runs;
}

/** A long line goes on, indented, in the next row. */
function wrap(runs: readonly Run[]): readonly (readonly Run[])[] {
  const last = runs.at(-1);
  const before = runs.slice(0, -1).reduce((sum, run) => sum + run.text.length, 0);
  if (last === undefined || before + last.text.length <= COLUMNS) return [runs];
  const at = last.text.lastIndexOf(' ', COLUMNS - before - 2);
  if (at <= 0) return [runs];
  const rest = { ...last, text: `      ${last.text.slice(at + 1)}` };
  return [[...runs.slice(0, -1), { ...last, text: `${last.text.slice(0, at)} \\` }], ...wrap([rest])];
}

function apply(style: Omit<Run, 'text'>, code: number): Omit<Run, 'text'> {
  const { colour: _, ...plain } = style;
  if (code === 0) return { bold: false, dim: false };
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 39) return plain;
  const colour = COLOURS[code >= 90 && code !== 90 ? code - 60 : code];
  return colour === undefined ? style : { ...style, colour };
}

function svg(rows: readonly (readonly Run[])[]): string {
  const width = Math.round(COLUMNS * CHAR_WIDTH + 2 * MARGIN);
  const height = rows.length * LINE_HEIGHT + BAR + 2 * MARGIN;
  const body = rows.map((runs, i) => {
    const y = BAR + MARGIN + (i + 0.8) * LINE_HEIGHT;
    const columns = runs.reduce((sum, run) => sum + run.text.length, 0);
    // Whatever font the reader has, and however wide its Braille: every character gets its column.
    const fit = columns === 0 ? '' : ` textLength="${(columns * CHAR_WIDTH).toFixed(1)}"`;
    return `<text x="${MARGIN}" y="${y.toFixed(1)}"${fit}>${runs.map(tspan).join('')}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A terminal that shows make demo">`,
    '<style>text{font:13px "DejaVu Sans Mono","Cascadia Mono",Menlo,Consolas,monospace;fill:#d5dbe6;white-space:pre}.b{font-weight:bold;fill:#fff}.d{fill:#7a8599}</style>',
    `<rect width="${width}" height="${height}" rx="10" fill="#1b2130"/>`,
    ...['#ff6058', '#ffbd2e', '#28ca42'].map(
      (colour, i) => `<circle cx="${MARGIN + 6 + i * 20}" cy="${BAR / 2 + 4}" r="6" fill="${colour}"/>`,
    ),
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

function tspan({ text, bold, dim, colour }: Run): string {
  const shown = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const look = colour === undefined ? (bold ? ' class="b"' : dim ? ' class="d"' : '') : ` fill="${colour}"`;
  return `<tspan${look} xml:space="preserve">${shown}</tspan>`;
}
