/** Ends a dispatch early and well; see `juju.abort` and `juju.reboot`. */
import type { Status } from './status.ts';

export class Aborted extends Error {
  override name = 'Aborted';
  /** To be shown; what is shown stays when there is none. */
  readonly status: Status | undefined;
  constructor(status?: Status) {
    super(
      `the charm ended this dispatch early${status === undefined ? '' : `: ${status.name}, ${status.message}`}`,
    );
    this.status = status;
  }
}
