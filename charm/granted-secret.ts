/** A secret that another application has granted to this one. */
import { type Juju, PermissionError, SecretNotFoundError } from 'charmwright';
import type { Spec } from './generated.ts';

/**
 * Always the newest revision: a rotation must reach Mimir. Undefined while it is not granted. The hook that runs most
 * often only looks at it, which is asked for while Node starts; those that tell of a change track it, too.
 */
export async function readGranted(
  { secrets, event }: Juju<Spec>,
  uri: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    return await (event.kind === 'update-status' ? secrets.peek(uri) : secrets.read(uri, 'latest'));
  } catch (error) {
    if (error instanceof SecretNotFoundError || error instanceof PermissionError) return undefined;
    throw error;
  }
}
