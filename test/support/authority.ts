/** A certificate authority, by openssl: it signs what is asked for, as a provider of `tls-certificates` does. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const DAY_MS = 24 * 3600 * 1000;

/** What openssl is told of an authority: it signs whatever it is asked for, names included. */
const CONFIG = `
[ca]
default_ca = this
[this]
dir = .
database = $dir/index.txt
new_certs_dir = $dir
certificate = $dir/ca.pem
private_key = $dir/ca.key
rand_serial = yes
unique_subject = no
default_md = sha256
policy = anything
copy_extensions = copy
x509_extensions = leaf
[anything]
commonName = optional
[leaf]
basicConstraints = CA:FALSE
[req]
distinguished_name = name
x509_extensions = authority
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
`;

/** From when to when a certificate is good, in milliseconds from now. */
export interface Lifetime {
  readonly from?: number;
  readonly to?: number;
}

export class Authority implements AsyncDisposable {
  /** PEM. */
  readonly certificate: string;
  readonly #folder: string;

  private constructor(folder: string, certificate: string) {
    this.#folder = folder;
    this.certificate = certificate;
  }

  static async make(name: string): Promise<Authority> {
    const folder = await mkdtemp(join(tmpdir(), 'authority-'));
    await writeFile(join(folder, 'ca.cnf'), CONFIG);
    await writeFile(join(folder, 'index.txt'), '');
    await openssl(
      folder,
      [
        'req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 3650',
        '-config ca.cnf -keyout ca.key -out ca.pem -subj',
      ],
      `/CN=${name}`,
    );
    return new Authority(folder, await readFile(join(folder, 'ca.pem'), 'utf8'));
  }

  /** Signs a request. @returns the certificate, PEM. */
  async sign(csr: string, { from = -60_000, to = 365 * DAY_MS }: Lifetime = {}): Promise<string> {
    const name = randomUUID();
    await writeFile(join(this.#folder, `${name}.csr`), csr);
    const dates = `-startdate ${stamp(from)} -enddate ${stamp(to)}`;
    await openssl(this.#folder, [
      `ca -batch -config ca.cnf -notext ${dates} -in ${name}.csr -out ${name}.pem`,
    ]);
    return readFile(join(this.#folder, `${name}.pem`), 'utf8');
  }

  /** A server's own key and certificate, PEM. @param name such as `IP:127.0.0.1` */
  async issue(name: string): Promise<{ readonly key: string; readonly certificate: string }> {
    const file = randomUUID();
    await openssl(
      this.#folder,
      [
        'req -new -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256',
        `-config ca.cnf -keyout ${file}.key -out ${file}.request -addext subjectAltName=${name} -subj`,
      ],
      '/CN=server',
    );
    const [key, csr] = await Promise.all(
      ['key', 'request'].map((end) => readFile(join(this.#folder, `${file}.${end}`), 'utf8')),
    );
    return { key: key ?? '', certificate: await this.sign(csr ?? '') };
  }

  /** What a provider says to a request: its entry in the list `certificates`. */
  async answer(csr: string, lifetime?: Lifetime) {
    const certificate = await this.sign(csr, lifetime);
    const chain = [certificate.trim(), this.certificate.trim()];
    return {
      ca: this.certificate.trim(),
      certificate: certificate.trim(),
      certificate_signing_request: csr,
      chain,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function openssl(cwd: string, words: readonly string[], ...last: readonly string[]): Promise<void> {
  await promisify(execFile)('openssl', [...words.join(' ').split(' '), ...last], { cwd });
}

/** `20261126030000Z` */
function stamp(fromNow: number): string {
  return new Date(Date.now() + fromNow).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
}
