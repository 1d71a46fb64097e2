/** What the charm of Traefik makes of what is published over `ingress`: its address, or none; and nginx, which does it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { answers, type Daemon, startDaemon } from './daemon.ts';

/** Every value is JSON; one that is not, of a key that is known, and the databag counts for nothing. */
function json<T extends z.ZodType>(schema: T) {
  return z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is no JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

const appShape = z.object({
  model: json(z.string()),
  name: json(z.string()),
  port: json(z.int().min(1).max(65_534)),
  scheme: json(z.enum(['http', 'https', 'h2c'])).default('http'),
  'strip-prefix': json(z.boolean()).default(false),
  healthcheck_params: json(z.object({ path: z.string(), scheme: z.string().optional() })).optional(),
});
const unitShape = z.object({
  host: json(z.string().min(1)),
  ip: json(z.string().refine((text) => isIP(text) !== 0)).optional(),
});

export interface Route {
  readonly url: string;
  /** What the path begins with, taken away before a backend is asked; '' where the host name tells. */
  readonly strip: string;
  readonly backends: readonly string[];
  /** Asked of each backend: one that does not answer gets no requests. */
  readonly healthUrls: readonly string[];
}

type Bag = Readonly<Record<string, string>>;

/**
 * All or nothing: undefined while any unit in the relation has not said where it is.
 * @param address the ingress's own, with its port.
 * @param mode as Traefik's charm calls it: whether a path or a host name tells one application from another.
 */
export function route(
  app: Bag,
  units: readonly Bag[],
  address: string,
  mode: 'path' | 'subdomain' = 'path',
): Route | undefined {
  const parsed = appShape.safeParse(app);
  const hosts = units.map((unit) => unitShape.safeParse(unit));
  if (!parsed.success || hosts.length === 0 || hosts.some(({ success }) => !success)) return undefined;
  const { model, name, port, scheme, 'strip-prefix': strips, healthcheck_params: health } = parsed.data;
  const id = `${model}-${name}`;
  const backends = hosts.flatMap(({ data }) =>
    data === undefined ? [] : [`${scheme}://${data.host}:${port}`],
  );
  return {
    url: mode === 'path' ? `http://${address}/${id}` : `http://${id}.${address}/`,
    strip: mode === 'path' && strips ? `/${id}` : '',
    backends,
    healthUrls: health === undefined ? [] : backends.map((backend) => `${backend}${health.path}`),
  };
}

/** A real nginx in front of one backend: the path's beginning is taken away, and nothing else is touched. */
export async function startProxy(
  program: string,
  address: string,
  { strip, backends: [backend = ''] }: Pick<Route, 'strip' | 'backends'>,
): Promise<Daemon> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
  await mkdir(join(folder, 'logs'));
  const config = join(folder, 'nginx.conf');
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  // What comes after the prefix goes on as it came, also where it is encoded. Redirects come back as Mimir sends them.
  await writeFile(
    config,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
events {}
http {
  access_log off; ${paths.join(' ')}
  server {
    listen ${address};
    location / {
      set $rest "";
      if ($request_uri ~ "^${strip}(/.*)$") { set $rest $1; }
      if ($rest = "") { return 404; }
      proxy_pass ${backend}$rest;
      proxy_redirect off;
      proxy_set_header Host $http_host;
    }
  }
}
`,
  );
  return startDaemon({
    program,
    args: ['-p', folder, '-e', 'stderr', '-c', config],
    isReady: () => answers(`http://${address}${strip}/ready`),
    cleanUp: () => rm(folder, { recursive: true, force: true }),
  });
}
