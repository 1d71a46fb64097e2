import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bench, Model, type Pod } from './podbox.harness.ts';

const LISTEN =
  "require('http').createServer((q, s) => s.end(require('os').hostname())).listen(9009, '0.0.0.0')";
const UNIX = "require('net').createServer((s) => s.end('from inside')).listen('/charm/container/x.socket')";
const isRoot = process.getuid?.() === 0;

// As root both ways are tried. An ordinary user cannot become root, so that half shows as skipped.
describe.each(['root', 'an ordinary user'] as const)('for %s', (who) => {
  describe.skipIf(who === 'root' && !isRoot)('podbox', () => stories(who));
});

function stories(who: 'root' | 'an ordinary user'): void {
  let bench: Bench;
  let model: Model;

  beforeAll(async () => {
    bench = await Bench.make(who);
    await bench.makeFolder('image', 'bin');
    await bench.makeFolder('image', 'etc', 'demo');
    await bench.makeFolder('image', 'data-of-image');
    await bench.copy(process.execPath, 'image/bin/workload');
    await bench.write('image/etc/demo/demo.yaml', 'from: image\n');
    // A toolchain in a home folder, as pyenv makes it.
    await bench.makeFolder('.pyenv', 'bin');
    await bench.write('.pyenv/bin/python3', '#!/bin/sh\necho python of the home folder\n', 0o755);
    model = new Model(bench, { PATH: `${bench.path('.pyenv/bin')}:${process.env.PATH}` });
  }, 300_000);

  afterAll(async () => {
    await model.stop();
    const left = await bench.processes();
    await bench.remove();
    expect(left).toEqual([]);
  });

  const image = () => bench.path('image');

  async function podWith(hostname: string, ...command: string[]): Promise<[Pod, number]> {
    const pod = await model.pod(hostname, [{ name: 'c', image: image(), command }]);
    return [pod, await pod.started('c')];
  }

  describe('pods', () => {
    test('two listen on port 9009 at once and reach each other by address, and by name once the hosts file says it', async () => {
      const [a, pidA] = await podWith('a-0', 'workload', '-e', LISTEN);
      const [b, pidB] = await podWith('b-0', 'workload', '-e', LISTEN);
      const get = (pod: Pod, pid: number, url: string) =>
        pod.exec(pid, [
          'workload',
          '-e',
          `fetch('${url}').then((r) => r.text()).then(console.log, () => process.exit(9))`,
        ]);

      await expect.poll(() => get(a, pidA, `http://${b.address}:9009`)).toMatchObject({ stdout: 'b-0\n' });
      await expect.poll(() => get(b, pidB, `http://${a.address}:9009`)).toMatchObject({ stdout: 'a-0\n' });
      expect(await get(a, pidA, 'http://b-0.b-endpoints:9009')).toMatchObject({ code: 9 });
      await writeFile(a.hosts, `127.0.0.1 localhost\n${b.address} b-0.b-endpoints\n`);
      expect(await get(a, pidA, 'http://b-0.b-endpoints:9009')).toMatchObject({ stdout: 'b-0\n' });
      const fromModel = await model.run([
        bench.path('node'),
        '-e',
        `fetch('http://${a.address}:9009').then((r) => r.text()).then(console.log)`,
      ]);
      expect(fromModel.stdout).toBe('a-0\n');
      for (const pod of [a, b]) pod.process.end();
      expect([await a.process.ended(), await b.process.ended()]).toMatchObject([{ code: 0 }, { code: 0 }]);
    });

    test('a pod that comes back under its address is reached at once by those who knew it', async () => {
      const [watcher, pid] = await podWith('watcher-0', 'sleep', '1000');
      const [first] = await podWith('back-0', 'workload', '-e', LISTEN);
      const get = async (address: string) =>
        (
          await watcher.exec(pid, [
            'workload',
            '-e',
            `fetch('http://${address}:9009').then((r) => r.text()).then(console.log)`,
          ])
        ).stdout;
      await expect.poll(() => get(first.address)).toBe('back-0\n');
      first.process.kill('SIGKILL');
      await first.process.ended();
      const again = await model.start([bench.path('podbox'), 'pod', '--spec', bench.path('back-0.json')]);
      again.write('{"op":"start","container":"c"}\n');
      await again.until(() => again.stdout.includes('"started"'));
      await expect.poll(() => get(first.address)).toBe('back-0\n');
      for (const each of [watcher.process, again]) each.end();
      await Promise.all([watcher.process.ended(), again.ended()]);
    });

    test.for([
      'kill -9',
      'the end of its input',
    ])('by %s a pod goes with all that is in it, and its cable', async (end) => {
      const pod = await model.pod('gone-0', [
        { name: 'one', command: ['sh', '-c', 'setsid sleep 1234 & exec sleep 1235'] },
        { name: 'two', command: [] },
      ]);
      const pids = [await pod.started('one'), await pod.started('two')];
      const entered = model.start(pod.entering(pids[1] ?? 0, ['sleep', '1236']));
      const before = await model.run(['sh', '-c', 'ps ax -o args | grep -c "^sleep 123"; cat /proc/net/dev']);
      expect(before.stdout).toMatch(/^[23]\n/);
      expect(before.stdout).toContain('veth');
      if (end === 'kill -9') pod.process.kill('SIGKILL');
      else pod.process.end();
      expect(await pod.process.ended()).toEqual(
        expect.objectContaining(end === 'kill -9' ? { signal: 'SIGKILL' } : { code: 0 }),
      );
      expect(await entered.ended()).toMatchObject({ code: 137 });
      const left = async () =>
        (await model.run(['sh', '-c', 'ps ax -o args | grep "^sleep 123"; grep veth /proc/net/dev'])).stdout;
      await expect.poll(left, { timeout: 10_000 }).toBe('');
    });

    test('a spec that cannot be is refused with the reason', async () => {
      await bench.write('bad.json', '{"hostname":"x","address":"10.87.1.300/16"}');
      const { code, stderr } = await model.run([
        bench.path('podbox'),
        'pod',
        '--spec',
        bench.path('bad.json'),
      ]);
      expect(code).toBe(2);
      expect(stderr).toContain('address: invalid CIDR address: 10.87.1.300/16');
    });
  });

  describe('a container', () => {
    test('shows the image over the machine, also where the machine has a link for the folder', async () => {
      const [pod, pid] = await podWith('image-0', 'sleep', '1000');
      expect(await pod.shell(pid, 'ls /bin/workload /usr/bin/workload /bin/sh')).toBe(
        '/bin/sh\n/bin/workload\n/usr/bin/workload',
      );
      expect(
        await pod.shell(pid, 'cat /etc/demo/demo.yaml; test -f /etc/passwd; test -d /data-of-image'),
      ).toBe('from: image');
      expect(await pod.shell(pid, 'hostname; cat /etc/hostname; cat /etc/resolv.conf')).toBe(
        'image-0\nimage-0',
      );
      pod.process.end();
      await pod.process.ended();
    });

    test('shows nothing of the machine’s homes, temporary files, services and processes', async () => {
      const [pod, pid] = await podWith('private-0', 'sleep', '1000');
      // Only the way to the toolchain of the home folder, which here lies below /tmp, is there.
      expect(await pod.shell(pid, 'ls -A /tmp')).toBe(basename(bench.folder));
      expect(await pod.shell(pid, `ls -A ${bench.folder}`)).toBe('.pyenv');
      expect(await pod.shell(pid, 'ls -A /run /home /var/log /var/lib /srv | grep -v : || true')).toBe('');
      expect(await pod.shell(pid, 'ls -A /root | grep -v pyenv || true')).toBe('');
      expect(await pod.shell(pid, 'cat /proc/1/cmdline | tr "\\0" " "')).toBe('sleep 1000');
      expect(await pod.shell(pid, 'ls /dev')).toBe(
        [
          'fd',
          'full',
          'null',
          'ptmx',
          'pts',
          'random',
          'shm',
          'stderr',
          'stdin',
          'stdout',
          'tty',
          'urandom',
          'zero',
        ].join('\n'),
      );
      expect(await pod.shell(pid, 'ls -a / | grep -c old || true')).toBe('0');
      expect(await pod.shell(pid, 'ls /sys/class/net')).toBe('eth0\nlo');
      pod.process.end();
      await pod.process.ended();
    });

    test('runs the machine’s Python when that lives in a home folder, and cannot change it', async () => {
      const [pod, pid] = await podWith('python-0', 'sleep', '1000');
      expect(await pod.shell(pid, 'python3')).toBe('python of the home folder');
      const change = await pod.exec(pid, ['sh', '-c', `echo hacked > ${bench.path('.pyenv/bin/python3')}`]);
      expect(change.stderr).toContain('Read-only file system');
      expect(await pod.shell(pid, `ls -A ${bench.folder}`)).toBe('.pyenv');
      pod.process.end();
      await pod.process.ended();
    });

    test('loses what it wrote when it ends, and the machine never sees it, but a mount keeps it', async () => {
      const source = await bench.makeFolder('volume');
      const pod = await model.pod('writes-0', [
        {
          name: 'c',
          image: image(),
          mounts: [{ source, target: '/var/lib/demo' }],
          command: ['sleep', '1000'],
        },
      ]);
      const first = await pod.started('c');
      const places = [
        '/etc',
        '/usr/local/share',
        '/opt',
        '/usr/bin',
        '/tmp',
        '/root',
        '/var/lib',
        '/data-of-image',
        '/run',
        '/',
      ];
      const files = places.map((place) => `${place}/podbox-was-here`).join(' ');
      await pod.shell(first, `for f in ${files} /var/lib/demo/kept; do echo written > $f || exit 1; done`);
      await pod.shell(
        first,
        'echo changed > /etc/demo/demo.yaml; rm /etc/passwd /bin/workload; mkdir -p /usr/share/ca-certificates/demo',
      );
      pod.ask({ op: 'kill', container: 'c', signal: 9 });
      expect(await pod.next('exited')).toMatchObject({ container: 'c', code: null, signal: 9 });
      const second = await pod.started('c');
      expect(await pod.shell(second, `ls ${files} 2>/dev/null; cat /var/lib/demo/kept`).catch(String)).toBe(
        'written',
      );
      expect(await pod.shell(second, 'cat /etc/demo/demo.yaml; ls /etc/passwd /bin/workload')).toBe(
        'from: image\n/bin/workload\n/etc/passwd',
      );
      const onMachine = await model.run([
        'sh',
        '-c',
        `ls ${files} ${bench.path('image/etc/demo')} 2>/dev/null`,
      ]);
      expect(onMachine.stdout.trim()).toMatch(/^\S+:\ndemo\.yaml$/);
      expect(await readFile(bench.path('volume/kept'), 'utf8')).toBe('written\n');
      expect(await readFile(bench.path('image/etc/demo/demo.yaml'), 'utf8')).toBe('from: image\n');
      pod.process.end();
      await pod.process.ended();
    });

    test('has folders and single files mounted, read-only where asked, and sockets in them connect from outside', async () => {
      const shared = await bench.makeFolder('shared');
      const file = await bench.write('one-file', 'just this\n');
      const pod = await model.pod('mounts-0', [
        {
          name: 'c',
          image: image(),
          mounts: [
            { source: shared, target: '/charm/container' },
            { source: file, target: '/var/run/demo/one-file', readOnly: true },
            { source: shared, target: '/usr/lib/demo', readOnly: true },
          ],
          command: ['workload', '-e', UNIX],
        },
      ]);
      const pid = await pod.started('c');
      expect(await pod.shell(pid, 'cat /run/demo/one-file')).toBe('just this');
      expect((await pod.exec(pid, ['sh', '-c', 'echo no > /run/demo/one-file'])).stderr).toContain(
        'Read-only',
      );
      expect((await pod.exec(pid, ['touch', '/usr/lib/demo/x'])).stderr).toContain('Read-only');
      await expect.poll(() => pod.shell(pid, 'ls /usr/lib/demo')).toBe('x.socket');
      expect(await text(createConnection(bench.path('shared/x.socket')))).toBe('from inside');
      pod.process.end();
      await pod.process.ended();
    });

    test('tells how it ended, and all that it started ends with it', async () => {
      const log = bench.path('ends.log');
      const pod = await model.pod('ends-0', [
        {
          name: 'fails',
          command: ['sh', '-c', 'setsid sleep 4321 & echo to the log; echo $GREETING in $PWD >&2; exit 3'],
          env: { GREETING: 'hello' },
          cwd: '/opt/new',
          log,
        },
        { name: 'absent', command: ['no-such-program'] },
        { name: 'lost', command: ['true'], mounts: [{ source: '/no/such/folder', target: '/x' }] },
      ]);
      await pod.started('fails');
      expect(await pod.next('exited')).toEqual({
        event: 'exited',
        container: 'fails',
        code: 3,
        signal: null,
      });
      expect(await readFile(log, 'utf8')).toBe('to the log\nhello in /opt/new\n');
      expect((await model.run(['sh', '-c', 'ps ax -o args | grep "^sleep 4321"'])).stdout).toBe('');
      const refusals: [Record<string, unknown>, string][] = [
        [{ op: 'start', container: 'absent' }, 'no-such-program: file does not exist in PATH'],
        [{ op: 'start', container: 'lost' }, '/no/such/folder (to be seen at /x)'],
        [{ op: 'start', container: 'other' }, 'no such container'],
        [{ op: 'kill', container: 'fails', signal: 9 }, 'does not run'],
        [{ op: 'dance' }, 'no operation "dance"'],
      ];
      for (const [operation, words] of refusals) {
        pod.ask(operation);
        expect((await pod.next('failed')).message).toContain(words);
      }
      pod.process.end();
      await pod.process.ended();
    });

    test('without a command lives on and collects orphans', async () => {
      const pod = await model.pod('pause-0', [{ name: 'c' }]);
      const pid = await pod.started('c');
      await pod.shell(pid, '(setsid true &) ; (setsid true &)');
      await expect.poll(() => pod.shell(pid, 'cat /proc/[0-9]*/stat | grep -c " Z " || true')).toBe('0');
      pod.ask({ op: 'kill', container: 'c', signal: 15 });
      expect(await pod.next('exited')).toMatchObject({ code: 0 });
      pod.process.end();
      await pod.process.ended();
    });
  });

  describe('enter', () => {
    let pod: Pod;
    let pid: number;
    beforeAll(async () => {
      [pod, pid] = await podWith('enter-0', 'sleep', '1000');
    });
    afterAll(async () => {
      pod.process.end();
      await pod.process.ended();
    });

    test('passes on input, output, arguments and exit code', async () => {
      const args = ['sh', '-c', 'cat; printf "<%s>" "$@" >&2; exit 42', 'sh', 'a b', '', 'ñ\n"'];
      expect(await pod.exec(pid, args, [], 'input\n')).toEqual({
        code: 42,
        stdout: 'input\n',
        stderr: '<a b><><ñ\n">',
      });
    });

    test('gives the folder and the environment asked for', async () => {
      const options = ['--cwd', '/usr/bin', '--clear-env', '--env', 'A=1', '--env', 'B=x=y', '--env', 'A=2'];
      const { stdout } = await pod.exec(pid, ['/usr/bin/env'], options);
      expect(stdout).toBe('A=2\nB=x=y\n');
      expect((await pod.exec(pid, ['/bin/sh', '-c', 'pwd'], options)).stdout).toBe('/usr/bin\n');
      expect((await pod.exec(pid, ['/usr/bin/env'])).stdout).toContain(bench.token);
    });

    test('gives 128 and the signal’s number for a command that a signal ended, 127 for one that is not there', async () => {
      expect((await pod.exec(pid, ['sh', '-c', 'kill -KILL $$'])).code).toBe(137);
      expect((await pod.exec(pid, ['no-such-program'])).code).toBe(127);
      expect((await pod.exec(pid, ['/etc/passwd'])).code).toBe(126);
      expect(await pod.exec(pid, ['true'], ['--cwd', '/nowhere'])).toMatchObject({
        code: 127,
        stderr: expect.stringContaining('/nowhere'),
      });
    });

    test('passes TERM on, so that the command can end in its own way', async () => {
      const entered = model.start(
        pod.entering(pid, [
          'sh',
          '-c',
          'trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 0.1; done',
        ]),
      );
      await entered.until(() => entered.stdout === 'ready\n');
      entered.kill('SIGTERM');
      expect(await entered.ended()).toMatchObject({ code: 5 });
      expect(entered.stdout).toBe('ready\nbye\n');
    });

    test('killed with -9 takes its command along', async () => {
      const entered = model.start(pod.entering(pid, ['sh', '-c', 'echo ready; exec sleep 777']));
      await entered.until(() => entered.stdout === 'ready\n');
      entered.kill('SIGKILL');
      await expect.poll(() => pod.shell(pid, 'ps ax -o args | grep -c "^sleep 777" || true')).toBe('0');
    });

    test('says so when the process is gone', async () => {
      const { code, stderr } = await model.run(pod.entering(999_999, ['true']));
      expect(code).toBe(1);
      expect(stderr).toContain('the container has ended');
    });
  });

  describe('the model', () => {
    test('passes the exit code through, and the environment and the folder in', async () => {
      const child = bench.spawn(
        [
          bench.path('podbox'),
          'model',
          '--bridge',
          '10.9.0.1/24',
          '--',
          'sh',
          '-c',
          'pwd; echo $COLOUR; exit 9',
        ],
        { COLOUR: 'blue' },
      );
      const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
      expect({ out, code }).toEqual({ out: `${bench.folder}\nblue\n`, code: 9 });
    });

    test('passes TERM to its command', async () => {
      const child = bench.spawn([
        bench.path('podbox'),
        'model',
        '--bridge',
        '10.9.0.1/24',
        '--',
        'sh',
        '-c',
        'trap "exit 6" TERM; echo ready; while :; do sleep 0.1; done',
      ]);
      await once(child.stdout, 'data');
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([6, null]);
    });

    test.for([
      'the outer process',
      'the inner process',
    ])('with %s killed by -9 leaves no process and no mount behind', async (half) => {
      const own = await Bench.make(who);
      const mountsBefore = await readFile('/proc/self/mountinfo', 'utf8');
      const doomed = new Model(own);
      const pod = await doomed.pod('doomed-0', [
        {
          name: 'c',
          command: ['sh', '-c', 'setsid sleep 99 & sleep 98'],
          env: { PODBOX_TEST: own.folder },
        },
      ]);
      const pid = await pod.started('c');
      const entered = doomed.start(pod.entering(pid, ['sh', '-c', 'echo in; exec sleep 97']));
      await entered.until(() => entered.stdout === 'in\n');
      const alive = await own.processes();
      expect(alive.length).toBeGreaterThanOrEqual(8);
      if (half === 'the outer process') doomed.process.kill('SIGKILL');
      else process.kill(await childOf(doomed.process.pid ?? 0), 'SIGKILL');
      await once(doomed.process, 'exit');
      await expect.poll(() => own.processes(), { timeout: 10_000 }).toEqual([]);
      expect(await readFile('/proc/self/mountinfo', 'utf8')).toBe(mountsBefore);
      await own.remove();
    });

    test('where user namespaces are forbidden, the setting and the command that allows them are named', async () => {
      if (who === 'root')
        return expect(await model.run(['cat', '/proc/self/uid_map'])).toMatchObject({
          stdout: expect.stringMatching(/^ *0 +0 /),
        });
      // The limit is counted for each user namespace, so it can be set inside the model without harm to the machine.
      const script =
        'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --inh-caps=-all "$@"';
      const podbox = [bench.path('podbox'), 'model', '--bridge', '10.9.0.1/24', '--', 'true'];
      const { code, stderr } = await model.run(['sh', '-c', script, 'sh', ...podbox]);
      expect(code).toBe(1);
      expect(stderr).toContain('sudo sysctl -w user.max_user_namespaces=');
    });
  });
}

async function childOf(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return Number(children.trim().split(' ')[0]);
}
