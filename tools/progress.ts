import type { WriteStream } from 'node:tty';

/** How far a long piece of work is, for people who watch. */
export type Progress = {
  /** Names what is happening now. Said again without a change, it says nothing. */
  step(what: string): void;
  /** A changing figure beside the step, shown only where a line can be drawn over. */
  detail(what: string): void;
  /** Ends with success. */
  done(what: string): void;
  /** Ends in any case; after `done` it does nothing. */
  end(): void;
};

/**
 * Reports on a stream: one line with running seconds, drawn over each second, when the stream is a terminal, and
 * plain lines for each step when it is not (a log file, CI).
 */
export function progressTo(stream: WriteStream, name: string): Progress {
  const started = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  const label = name.padEnd(12);
  let step = '';
  let detail = '';
  const draw = () => {
    const line = `${label} ${step}${detail === '' ? '' : `, ${detail}`} (${seconds()})`;
    stream.write(`\r\x1b[2K${line.slice(0, Math.max(20, stream.columns - 1))}`);
  };
  const timer = stream.isTTY ? setInterval(draw, 1000) : undefined;
  const close = () => {
    clearInterval(timer);
    if (stream.isTTY && step !== '') stream.write('\r\x1b[2K');
  };
  return {
    step(what) {
      if (what === step) return;
      step = what;
      if (stream.isTTY) draw();
      else stream.write(`${label} ${step}\n`);
    },
    detail(what) {
      detail = what;
    },
    done(what) {
      close();
      stream.write(`${label} built in ${seconds()}, ${what}\n`);
      step = '';
    },
    end: close,
  };
}
