/** Docstrings: what stands in `/** … *\/` above a declaration, taken apart. */

/** A docstring in its parts; all of them Markdown. */
export interface Docstring {
  /** What comes before the first tag. */
  readonly text: string;
  readonly returns?: string;
  /** Each begins with the error's name. */
  readonly throws: readonly string[];
  /** What is to know about a parameter, by its name. */
  readonly params: readonly (readonly [name: string, text: string])[];
  /** Code, or Markdown that holds code. */
  readonly examples: readonly string[];
  /** Only the framework itself is meant to use it. */
  readonly isInternal: boolean;
}

const TAG = /(?:^|\s)@(throws|returns|example|param|internal)\b[ \t]*/;

/** @param body the comment without its slashes: `* … ` */
export function parseDocstring(body: string): Docstring {
  const lines = body.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
  const [text = '', ...rest] = lines.join('\n').split(TAG);
  const throws: string[] = [];
  const params: [string, string][] = [];
  const examples: string[] = [];
  let returns: string | undefined;
  let isInternal = false;
  for (let index = 0; index + 1 < rest.length; index += 2) {
    const said = (rest[index + 1] ?? '').replace(/^\n+|\s+$/g, '');
    switch (rest[index]) {
      case 'throws':
        throws.push(prose(said));
        break;
      case 'returns':
        returns = prose(said);
        break;
      case 'param': {
        const [, name = '', about = ''] = /^(\S+)\s*([\s\S]*)$/.exec(said) ?? [];
        params.push([name, prose(about)]);
        break;
      }
      case 'internal':
        isInternal = true;
        break;
      default:
        examples.push(said);
    }
  }
  return {
    text: paragraphs(text),
    throws,
    params,
    examples,
    isInternal,
    ...(returns === undefined ? {} : { returns }),
  };
}

/** Lines of one paragraph become one line; lists and code stay as they are. */
function paragraphs(text: string): string {
  return links(text)
    .trim()
    .split(/\n{2,}/)
    .map((part) => (/^([-*|]|\d+\.|```| {2,})/m.test(part) ? part : part.replace(/\s*\n\s*/g, ' ')))
    .join('\n\n');
}

function prose(text: string): string {
  return links(text).replace(/\s+/g, ' ').trim();
}

/** `{@link Relation}` -> `Relation`, as code */
function links(text: string): string {
  return text.replace(/\{@link\s+([^\s}]+)[^}]*\}/g, '`$1`');
}
