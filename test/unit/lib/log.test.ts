import { describe, expect, test } from 'vitest';
import type { ToolRunner } from '../../../lib/hook-tools/runner.ts';
import { JujuLog } from '../../../lib/log.ts';

interface Message {
  readonly level: string;
  readonly text: string;
}

/** A juju-log that writes down what it is told, and refuses when told to. */
function listening(options: { readonly refuses?: boolean; readonly toStderr?: boolean } = {}) {
  const messages: Message[] = [];
  const errors: string[] = [];
  const tools: ToolRunner = {
    run: async (_tool, [, level = '', , text = '']) => {
      if (options.refuses === true) return { code: 1, stdout: '', stderr: 'ERROR no connection' };
      messages.push({ level, text });
      return { code: 0, stdout: '', stderr: '' };
    },
  };
  return { log: new JujuLog(tools, (text) => errors.push(text), options), messages, errors };
}

describe('the log', () => {
  // ops: 154
  test('has four levels, under the names that Juju has for them', async () => {
    const { log, messages } = listening();
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    await log.drain();
    expect(messages).toEqual([
      { level: 'DEBUG', text: 'a' },
      { level: 'INFO', text: 'b' },
      { level: 'WARNING', text: 'c' },
      { level: 'ERROR', text: 'd' },
    ]);
  });

  test('sends neighbouring lines of one level in one call, in their order', async () => {
    const { log, messages } = listening();
    for (const line of ['one', 'two', 'three']) log.info(line);
    log.warn('four');
    log.info('five');
    await log.drain();
    expect(messages.map(({ text }) => text)).toEqual(['one\ntwo\nthree', 'four', 'five']);
  });

  test('sends what is logged while a call runs', async () => {
    const { log, messages } = listening();
    log.info('first');
    await Promise.resolve();
    log.info('second');
    await log.drain();
    log.info('third');
    await log.drain();
    expect(messages.map(({ text }) => text).join('\n')).toBe('first\nsecond\nthird');
  });

  // ops: 155
  test.each([
    'x',
    'é',
    '→',
    '🚀',
  ])('cuts a long message of %s in pieces that an argument can hold', async (sign) => {
    const { log, messages } = listening();
    const text = sign.repeat(100_000);
    log.info(text);
    await log.drain();
    expect(messages.length).toBeGreaterThan(1);
    expect(messages.map((message) => message.text).join('')).toBe(text);
    for (const message of messages) expect(Buffer.byteLength(message.text)).toBeLessThan(128 * 1024);
  });

  test('shows fields as JSON after the message, whatever they are called', async () => {
    const { log, messages } = listening();
    log.info('set', { level: 'loud', msg: 'm', time: 1, error: new Error('no disk'), nested: { a: [1] } });
    await log.drain();
    expect(messages).toEqual([
      {
        level: 'INFO',
        text: 'set {"level":"loud","msg":"m","time":1,"error":"no disk","nested":{"a":[1]}}',
      },
    ]);
  });

  test('takes fields that JSON cannot show', async () => {
    const { log, messages } = listening();
    const loop: Record<string, unknown> = { big: 10n };
    loop.self = loop;
    log.info('odd', { loop, nothing: undefined });
    await log.drain();
    expect(messages[0]?.text).toMatch(/^odd \{"loop":\{"big":10,"self":.*\[Circular\]/);
  });

  test.each([
    { password: 'horse' },
    { secretKey: 'horse', user: 'me' },
    { credentials: { token: 'horse' } },
    { secret: { content: { any: 'horse' } } },
  ])('hides what is under a key that says it is secret: %o', async (fields) => {
    const { log, messages } = listening();
    log.info('login', fields);
    await log.drain();
    expect(messages[0]?.text).toContain('[Redacted]');
    expect(messages[0]?.text).not.toContain('horse');
  });

  // ops: 159
  test('that Juju does not take goes to stderr, and fails nothing', async () => {
    const { log, errors } = listening({ refuses: true });
    log.warn('the line');
    await log.drain();
    expect(errors).toEqual(['WARNING the line\n']);
  });

  // ops: 156
  test('goes to stderr as well, with its time and level, when JUJU_DEBUG asks for it', async () => {
    const { log, messages, errors } = listening({ toStderr: true });
    log.info('the line');
    await log.drain();
    expect(messages).toEqual([{ level: 'INFO', text: 'the line' }]);
    expect(errors).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\dT\S+Z INFO the line\n$/)]);
  });

  // ops: 118
  test('has security events as ops writes them: a line of JSON at level TRACE', async () => {
    const { log, messages } = listening();
    log.security('WARN', 'sys_restart', 'web/0', 'asks for a restart');
    await log.drain();
    expect(messages[0]?.level).toBe('TRACE');
    expect(JSON.parse(messages[0]?.text ?? '')).toEqual({
      datetime: expect.stringMatching(/^\d{4}-/),
      level: 'WARN',
      type: 'security',
      appid: 'charm',
      event: 'sys_restart:web/0',
      description: 'asks for a restart',
    });
  });
});
