/** secrets and show-secret. */
import type { Response } from '../../api.ts';
import type { RunVerb } from '../call.ts';
import { UsageError } from '../errors.ts';
import { formatStructured } from '../format/structured.ts';
import { header, layOut } from '../format/table.ts';
import type { secrets as listSpec, showSecret as showSpec } from '../table/secrets.ts';
import { atMost } from './arguments.ts';

type Secrets = Response<'secrets'>['secrets'];

export const secrets: RunVerb<typeof listSpec> = async ({ args, flags, terminal, model }) => {
  atMost(args, 0);
  const answer = await (await model()).call('secrets', {});
  terminal.out(
    flags.format === 'tabular'
      ? table(answer.secrets, terminal.color)
      : formatStructured(answer.secrets, flags.format),
  );
  return undefined;
};

export const showSecret: RunVerb<typeof showSpec> = async ({ args, flags, terminal, model }) => {
  const [secret] = args;
  if (secret === undefined) throw new UsageError('secret ID is required');
  atMost(args, 1);
  const answer = await (await model()).call('secrets', { secret, reveal: flags.reveal });
  terminal.out(formatStructured(answer.secrets, flags.format));
  return undefined;
};

function table(all: Secrets, color: boolean): string {
  const rows = Object.entries(all)
    .sort(([, a], [, b]) => (a.owner === b.owner ? b.revision - a.revision : a.owner < b.owner ? -1 : 1))
    .map(([id, secret]) => [
      id,
      secret.name ?? '-',
      secret.owner,
      secret.rotation ?? 'never',
      String(secret.revision),
      ago(secret.updated),
    ]);
  const names = ['ID', 'Name', 'Owner', 'Rotation', 'Revision', 'Last updated'];
  return layOut([header(...names), ...rows], { color, right: [4] });
}

/** `5 minutes ago`; the date when it was more than a day. */
function ago(iso: string): string {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(iso)) / 1000));
  const said = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'} ago`;
  if (seconds < 60) return said(seconds, 'second');
  if (seconds < 3600) return said(Math.floor(seconds / 60), 'minute');
  return seconds < 86_400 ? said(Math.floor(seconds / 3600), 'hour') : iso.slice(0, 10);
}
