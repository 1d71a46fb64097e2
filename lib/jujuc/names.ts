/** Names of units and applications, as Juju checks them. */

const APPLICATION = /^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$/;

/** Whether Juju takes it as the name of an application. */
export function isApplication(name: string): boolean {
  return APPLICATION.test(name);
}

/** Whether it names a unit, such as `mimir-k8s/0`. */
export function isUnit(name: string): boolean {
  const at = name.lastIndexOf('/');
  return at > 0 && isApplication(name.slice(0, at)) && /^(0|[1-9]\d*)$/.test(name.slice(at + 1));
}

/** `mimir-k8s/0` -> `mimir-k8s` */
export function applicationOf(unit: string): string {
  const at = unit.lastIndexOf('/');
  return at < 0 ? unit : unit.slice(0, at);
}
