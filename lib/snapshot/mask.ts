/**
 * Values that must not be written, and what stands for them. One value has one placeholder wherever it turns up, in a
 * secret, a databag, a file or the charm's memory, so that what was equal on the unit is equal in the file.
 */

/** Names of what is a credential in databags, options, environments and configuration files, by their end. */
const CREDENTIAL =
  /(^|[^a-z0-9])((pass(word|wd|phrase)?|secret|token|credentials?|auth)|(secret|access|api|private|account|encryption)[-_]?key)$/i;

/** `s3:accessKeyId` and `dbPassword` end in their words without a separator. */
const CAMEL = /(Password|Passphrase|Secret|Token|SecretKey|AccessKey|ApiKey|PrivateKey)$/;

/** Shorter values stand in many places by chance: they are replaced only where they stand alone. */
const SHORTEST_INSIDE = 6;

const PEM_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g;
/** `postgresql://user:password@host`: what stands between colon and at. */
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:)([^/\s@]+)(?=@)/gi;
/** `secret_key: value`, `PASSWORD=value`, `"token": "value"` in a file. */
const SETTING = /(["']?[\w.-]+["']?[ \t]*[:=][ \t]*)(["']?)([^\s"',;#]+)\2/g;

export function namesCredential(name: string): boolean {
  return CREDENTIAL.test(name) || CAMEL.test(name);
}

/** A reference, a switch or a number is nobody's credential. */
function isHarmless(value: string): boolean {
  return value === '' || /^secret:/.test(value) || /^(true|false|null|none|\d{1,5})$/i.test(value);
}

export class Mask {
  readonly #placeholders = new Map<string, string>();
  readonly #where: Record<string, string> = {};

  /** What stands for each hidden value, and where it was seen first. */
  get masked(): Readonly<Record<string, string>> {
    return this.#where;
  }

  /** From now on the value is hidden everywhere. `name` becomes part of its placeholder. */
  hide(value: string, name: string, where: string): void {
    if (isHarmless(value) || this.#placeholders.has(value)) return;
    const wanted = `masked-${name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')}`;
    let placeholder = wanted;
    for (let n = 2; placeholder in this.#where; n += 1) placeholder = `${wanted}-${n}`;
    this.#placeholders.set(value, placeholder);
    this.#where[placeholder] = where;
  }

  /** Hides what a named value holds: all of it when the name says so, else what looks like a credential inside. */
  learn(name: string, value: unknown, where: string): void {
    if (typeof value === 'string') this.#learnText(name, value, where);
    else if (Array.isArray(value)) for (const item of value) this.learn(name, item, where);
    else if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value)) this.learn(key, item, where);
  }

  /** A file: settings that are named as credentials, keys, passwords in addresses. */
  learnFile(path: string, text: string, where: string): void {
    this.#learnPatterns(path, text, where);
    for (const [, name = '', , value = ''] of text.matchAll(SETTING)) {
      const key = name.replace(/["'\s:=]/g, '');
      if (namesCredential(key)) this.hide(value, key, where);
    }
  }

  /** The same value with all that is hidden replaced, keys untouched. */
  apply<T>(value: T): T {
    // Text stays text, lists stay lists and objects keep their keys, so the type stays what it is.
    return this.#applied(value) as T;
  }

  #learnText(name: string, text: string, where: string): void {
    const inside = parsedObject(text);
    if (inside !== undefined) this.learn(name, inside, where);
    else if (namesCredential(name)) this.hide(text, name, where);
    else this.#learnPatterns(name, text, where);
  }

  #learnPatterns(name: string, text: string, where: string): void {
    for (const [key] of text.matchAll(PEM_KEY)) this.hide(key, `${name}-private-key`, where);
    for (const [, , password = ''] of text.matchAll(URL_PASSWORD))
      this.hide(password, `${name}-password`, where);
  }

  #applied(value: unknown): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (Array.isArray(value)) return value.map((item) => this.#applied(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#applied(item)]));
  }

  #text(text: string): string {
    const whole = this.#placeholders.get(text);
    if (whole !== undefined) return whole;
    // The longest first: one value may be part of another. In JSON text a value stands escaped.
    const inside = [...this.#placeholders]
      .filter(([value]) => value.length >= SHORTEST_INSIDE)
      .sort(([a], [b]) => b.length - a.length)
      .flatMap(([value, placeholder]) => [
        [value, placeholder] as const,
        [JSON.stringify(value).slice(1, -1), placeholder] as const,
      ]);
    return inside.reduce(
      (result, [value, placeholder]) => result.replace(asWord(value), () => placeholder),
      text,
    );
  }
}

/** Not inside a longer word: an account called `mimir` is no reason to touch `mimircluster`. */
function asWord(value: string): RegExp {
  return new RegExp(`(?<![A-Za-z0-9])${RegExp.escape(value)}(?![A-Za-z0-9])`, 'g');
}

/** An object or list in JSON text; a databag's value often is one. */
function parsedObject(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
