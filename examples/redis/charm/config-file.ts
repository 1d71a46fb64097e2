/** The configuration of one Redis. */
export interface RedisOptions {
  readonly port: number;
  readonly password: string;
  /** `100mb`; empty for no limit. */
  readonly maxmemory: string;
  /** Whom it copies; undefined for the primary. */
  readonly primary: string | undefined;
}

export function configFile({ port, password, maxmemory, primary }: RedisOptions): string {
  return [
    'bind * -::*',
    `port ${port}`,
    'dir /data',
    'appendonly yes',
    `requirepass ${password}`,
    `masterauth ${password}`,
    ...(maxmemory === '' ? [] : [`maxmemory ${maxmemory}`]),
    ...(primary === undefined ? [] : [`replicaof ${primary} ${port}`]),
    '',
  ].join('\n');
}
