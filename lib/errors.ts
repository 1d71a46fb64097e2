/** Errors a charm can tell apart. Each says what was tried, on what, what was answered, and what to do. */

/** Anything charmwright itself throws on purpose. */
export class CharmwrightError extends Error {
  override name = 'CharmwrightError';
}

/** One thing in a charm's YAML files that Juju or charmcraft would not accept. */
export interface SpecFault {
  /** `actions.yaml` */
  readonly file: string;
  /** `upload-rules.params.rules`; empty when it is the file as a whole. */
  readonly key: string;
  /** `must be text, not a list` */
  readonly problem: string;
}

/** The charm's YAML files say something that Juju or charmcraft would not accept: every such thing at once. */
export class SpecError extends CharmwrightError {
  override name = 'SpecError';
  readonly faults: readonly SpecFault[];
  constructor(faults: readonly SpecFault[]) {
    const lines = faults.map(({ file, key, problem }) => [file, key, problem].filter(Boolean).join(': '));
    super(
      lines.length === 1
        ? lines.join()
        : `${lines.length} faults in the charm's YAML files:\n  ${lines.join('\n  ')}`,
    );
    this.faults = faults;
  }
}

/** The environment is not one that Juju gives a hook. */
export class EnvironmentError extends CharmwrightError {
  override name = 'EnvironmentError';
}

/** A text that should be a version of Juju is none. */
export class JujuVersionError extends CharmwrightError {
  override name = 'JujuVersionError';
  readonly text: string;
  constructor(text: string) {
    super(`"${text}" is not a version of Juju: write X.Y, X.Y.Z, X.Y.Z.B, X.Y-tagN or X.Y-tagN.B`);
    this.text = text;
  }
}

/** A hook tool answered with a failure. Secret contents are never part of `args`. */
export class ToolError extends CharmwrightError {
  override name = 'ToolError';
  readonly tool: string;
  readonly args: readonly string[];
  readonly code: number;
  readonly stderr: string;
  constructor(tool: string, args: readonly string[], code: number, stderr: string, advice = '') {
    const said = stderr.replace(/^ERROR\s+/, '').trim() || `exit code ${code}`;
    super(`cannot run "${[tool, ...args].join(' ')}": ${said}${advice === '' ? '' : `; ${advice}`}`);
    this.tool = tool;
    this.args = args;
    this.code = code;
    this.stderr = stderr;
  }
}

/** The hook tool itself is not there: the charm runs outside Juju, or PATH lost the tools' folder. */
export class ToolMissingError extends ToolError {
  override name = 'ToolMissingError';
}

/** The relation is gone (or was never there), so its data can be neither read nor written. */
export class RelationNotFoundError extends ToolError {
  override name = 'RelationNotFoundError';
}

/** The secret does not exist, or this unit may not see it. */
export class SecretNotFoundError extends ToolError {
  override name = 'SecretNotFoundError';
}

/** Juju refused: not the leader, not the owner, not trusted. */
export class PermissionError extends ToolError {
  override name = 'PermissionError';
}

/** A hook tool printed something it never prints. */
export class ToolOutputError extends CharmwrightError {
  override name = 'ToolOutputError';
  constructor(tool: string, args: readonly string[], problem: string) {
    super(`cannot read what "${[tool, ...args].join(' ')}" printed: ${problem}`);
  }
}

/** One key of a databag that does not fit the endpoint's schema. */
export interface DatabagIssue {
  readonly key: string;
  readonly problem: string;
}

/** A list of a thousand wrong entries must still fit into a status. */
const ISSUES_SHOWN = 5;

/** The other side of a relation published something its interface does not allow. */
export class RelationDataError extends CharmwrightError {
  override name = 'RelationDataError';
  readonly relation: string;
  readonly entity: string;
  readonly issues: readonly DatabagIssue[];
  constructor(relation: string, entity: string, issues: readonly DatabagIssue[]) {
    const shown = issues
      .slice(0, ISSUES_SHOWN)
      .map(({ key, problem }) => `${key === '' ? 'databag' : `key "${key}"`}: ${problem}`);
    const more = issues.length > ISSUES_SHOWN ? `; and ${issues.length - ISSUES_SHOWN} more` : '';
    super(`[${relation}] data of ${entity}: ${shown.join('; ')}${more}`);
    this.relation = relation;
    this.entity = entity;
    this.issues = issues;
  }
}

/** A custom event whose data its schema refuses, or that the charm does not define. */
export class CustomEventError extends CharmwrightError {
  override name = 'CustomEventError';
  readonly event: string;
  constructor(event: string, problem: string) {
    super(`cannot emit "${event}": ${problem}`);
    this.event = event;
  }
}

/** An option that does not fit the charm's schema of its options. */
export class ConfigError extends CharmwrightError {
  override name = 'ConfigError';
  /** `key` is the option's name. */
  readonly issues: readonly DatabagIssue[];
  constructor(issues: readonly DatabagIssue[]) {
    const shown = issues.map(
      ({ key, problem }) => `${key === '' ? 'options' : `option "${key}"`}: ${problem}`,
    );
    super(`[config] ${shown.join('; ')}; set it with: juju config APPLICATION OPTION=VALUE`);
    this.issues = issues;
  }
}

/** Thrown by an action's handler to fail the action with a message for its user, and with results if it has some. */
export class ActionFailed extends CharmwrightError {
  override name = 'ActionFailed';
  readonly results: FailedResults | undefined;
  constructor(message: string, options: { readonly results?: FailedResults; readonly cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.results = options.results;
  }
}

/** What an action has to show although it failed; nested results become dotted keys. */
export type FailedResults = {
  readonly [key: string]: string | number | boolean | undefined | FailedResults;
};

/** Something that this event, or this unit, may not do, such as deferring an action. */
export class NotAllowedError extends CharmwrightError {
  override name = 'NotAllowedError';
}

/** A databag that this unit may not read or write: Juju is not even asked. */
export class RelationAccessError extends NotAllowedError {
  override name = 'RelationAccessError';
}

/** An endpoint has several relations where one was asked for. */
export class TooManyRelationsError extends NotAllowedError {
  override name = 'TooManyRelationsError';
  readonly endpoint: string;
  readonly count: number;
  constructor(endpoint: string, count: number) {
    super(
      `endpoint "${endpoint}" has ${count} relations; use juju.relations("${endpoint}"), or give it "limit: 1" in metadata.yaml`,
    );
    this.endpoint = endpoint;
    this.count = count;
  }
}
