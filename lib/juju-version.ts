/** The version of the Juju that runs a unit, as something to compare. */
import { JujuVersionError } from './errors.ts';

/** `3.6`, `3.6.14`, `3.6.14.1`, `4.0-beta3`, `4.0-beta3.1`: a tag takes the place of the patch's dot. */
const VERSION =
  /^(?<major>\d{1,9})\.(?<minor>\d{1,9})(?:(?:\.|-(?<tag>[a-z]+))(?<patch>\d{1,9}))?(?:\.(?<build>\d{1,9}))?$/;

/**
 * A Juju version. Versions compare by their numbers, and one with a tag comes before the release that it leads to.
 * A part that is not there counts as 0: `3.6` equals `3.6.0`.
 *
 * @example
 * const juju = new JujuVersion('3.6.14');
 * juju.isAtLeast('3.6'); // true
 * new JujuVersion('4.0-beta3').isBefore('4.0'); // true
 * juju.supportsPebbleIdentities; // true
 */
export class JujuVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly build: number;
  /** `beta` of `4.0-beta3`; `''` of a release. */
  readonly tag: string;

  /** @throws JujuVersionError when the text is no version of Juju. */
  constructor(text: string) {
    const groups = VERSION.exec(text)?.groups;
    if (groups === undefined) throw new JujuVersionError(text);
    this.major = Number(groups.major);
    this.minor = Number(groups.minor);
    this.patch = Number(groups.patch ?? 0);
    this.build = Number(groups.build ?? 0);
    this.tag = groups.tag ?? '';
  }

  /** -1, 0 or 1, as `toSorted` takes it: before, the same, after. @throws JujuVersionError as the constructor. */
  compare(other: JujuVersion | string): -1 | 0 | 1 {
    const that = typeof other === 'string' ? new JujuVersion(other) : other;
    return (
      order(this.major, that.major) ||
      order(this.minor, that.minor) ||
      orderTags(this.tag, that.tag) ||
      order(this.patch, that.patch) ||
      order(this.build, that.build)
    );
  }

  /** Whether both are the same version. @throws JujuVersionError as the constructor. */
  equals(other: JujuVersion | string): boolean {
    return this.compare(other) === 0;
  }

  /** Whether it is the other version or a newer one. @throws JujuVersionError as the constructor. */
  isAtLeast(other: JujuVersion | string): boolean {
    return this.compare(other) >= 0;
  }

  /** Whether it is older than the other. @throws JujuVersionError as the constructor. */
  isBefore(other: JujuVersion | string): boolean {
    return this.compare(other) < 0;
  }

  /** The same text for equal versions, so that it serves as a key: `3.6` gives `3.6.0`. */
  toString(): string {
    const separator = this.tag === '' ? '.' : `-${this.tag}`;
    const build = this.build === 0 ? '' : `.${this.build}`;
    return `${this.major}.${this.minor}${separator}${this.patch}${build}`;
  }

  /** The version as text. */
  toJSON(): string {
    return this.toString();
  }

  /** Applications have databags of their own. */
  get hasAppData(): boolean {
    return this.#reaches(2, 7, 0);
  }

  /** Juju runs one `dispatch` for every hook. */
  get isDispatchAware(): boolean {
    return this.#reaches(2, 8, 0);
  }

  /** `state-get` and `state-set` are there. */
  get hasControllerStorage(): boolean {
    return this.#reaches(2, 8, 0);
  }

  /** Secrets, with the tools' present options and without the label bug of 3.0.2. */
  get hasSecrets(): boolean {
    return this.#reaches(3, 0, 3);
  }

  get supportsOpenPortOnK8s(): boolean {
    return this.#reaches(3, 0, 3);
  }

  /** Pebble's exec knows the option `serviceContext`. 3.2.0 was released with an older Pebble than 3.1.6. */
  get supportsExecServiceContext(): boolean {
    const is320 = this.major === 3 && this.minor === 2 && this.patch === 0;
    return this.#reaches(3, 1, 6) && !is320;
  }

  /** Pebble forwards logs, with labels. */
  get supportsPebbleLogForwarding(): boolean {
    return this.#reaches(3, 4, 0);
  }

  get supportsPebbleIdentities(): boolean {
    return this.#reaches(3, 6, 4);
  }

  get supportsPebbleMetrics(): boolean {
    return this.#reaches(3, 6, 4);
  }

  /** An action that says nothing of `additionalProperties` takes only the parameters it declares. */
  get closesActionParams(): boolean {
    return this.isAtLeast('4.0');
  }

  /** By the numbers alone, as ops decides: a tag's number counts as the patch's. */
  #reaches(major: number, minor: number, patch: number): boolean {
    return (order(this.major, major) || order(this.minor, minor) || order(this.patch, patch)) >= 0;
  }
}

/** Of the Pebble of the Juju that says this of itself. What it says is judged elsewhere. */
export function takesServiceContext(version: string | undefined): boolean {
  try {
    return version === undefined || new JujuVersion(version).supportsExecServiceContext;
  } catch {
    return true;
  }
}

function order<T extends number | string>(a: T, b: T): -1 | 0 | 1 {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function orderTags(a: string, b: string): -1 | 0 | 1 {
  if (a === '' || b === '') return order(Number(a === ''), Number(b === ''));
  return order(a, b);
}
