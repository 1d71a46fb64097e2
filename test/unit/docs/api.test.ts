/** The reference of the API: each export has a docstring, and the pages are made of them. */
import { expect, describe as group, test } from 'vitest';
import { describe } from '../../../docs/generate/api/declaration.ts';
import { parseDocstring } from '../../../docs/generate/api/docstring.ts';
import { declarations, entries, undocumented } from '../../../docs/generate/api/page.ts';
import { parse } from '../../../docs/generate/api/source.ts';

test('every name that the package exports has a docstring', async () => {
  expect(await undocumented()).toEqual([]);
});

test('the entries are those of the packages, and their exports are found through other files', async () => {
  const names = (await entries()).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['charmwright', 'charmwright/testing', 'charmwright/pebble']));
  expect(names.slice(-2)).toEqual(['charmwright-pack', 'juju-local']);
  const [main] = await entries();
  const found = main === undefined ? [] : await declarations(main);
  expect(found.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['defineCharm', 'Juju', 'CharmSpec', 'ToolError']),
  );
  expect(found.find(({ name }) => name === 'ToolError')).toMatchObject({
    kind: 'error',
    file: 'lib/errors.ts',
  });
});

function described(text: string) {
  const source = parse('lib/x.ts', text);
  const [first] = source.body;
  if (first?.type !== 'ExportNamedDeclaration') throw new Error('the test exports something else');
  return describe({ name: 'it', source, statements: [first] });
}

group('a signature', () => {
  test.each([
    ['export async function it<T>(a: T): Promise<T> {\n  return a;\n}', 'function it<T>(a: T): Promise<T>'],
    ['export type it = { a: 1 };', 'type it = { a: 1 };'],
    ['export const it = 4 * 4;', 'const it = 4 * 4'],
    ['export const it: readonly string[] = [];', 'const it: readonly string[]'],
    ['export interface it {\n  /** One. */\n  a: 1;\n}', 'interface it {\n  /** One. */\n  a: 1;\n}'],
    ['export abstract class it extends Base {}', 'class it extends Base'],
  ])('is without its body: %s', (text, signature) => {
    expect(described(text).signature).toBe(signature);
  });

  test('of a class comes with what others may use of it', () => {
    const it = described(`export class it {
  /** Its name. */
  readonly name: string = 'x';
  #hidden = 1;
  private own = 2;
  get size(): number { return 1; }
  /** @internal */
  flush(): void {}
  /** Says it. */
  async say(
    what: string,
  ): Promise<void> {}
}`);
    expect(it.members.map(({ isField, signature }) => [isField, signature])).toEqual([
      [true, 'readonly name: string'],
      [true, 'readonly size: number'],
      [false, 'say(\n  what: string,\n): Promise<void>'],
    ]);
    expect(it.members[0]?.source).toBe('/** Its name. */\nreadonly name: string;');
  });
});

test('a docstring is taken apart at its tags, wherever they stand', () => {
  expect(
    parseDocstring(`*
 * Gives it {@link Bag back},
 * at once.
 *
 * - a list
 * - stays
 * @param what is given
 * @returns the same. @throws ToolError when
 *   Juju refuses.
 * @example
 * const a = 1;
 *   b();
 `),
  ).toEqual({
    text: 'Gives it `Bag`, at once.\n\n- a list\n- stays',
    params: [['what', 'is given']],
    returns: 'the same.',
    throws: ['ToolError when Juju refuses.'],
    examples: ['const a = 1;\n  b();'],
    isInternal: false,
  });
});
