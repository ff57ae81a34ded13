// SPDX-License-Identifier: Apache-2.0
import type { Progress } from './progress.ts';

export type ProgressMode = 'auto' | 'plain' | 'json' | 'none';

export type ProgressStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** A line a minute or so keeps a CI job from being taken for dead. */
const heartbeatMs = 30_000;

/** Progress on standard error: a spinner on a terminal, one line a change elsewhere, JSON lines when asked for. */
export function createProgress(mode: ProgressMode, stream: ProgressStream, env: NodeJS.ProcessEnv): Progress {
  // A terminal of no width (a container's, before anybody has looked at it) cannot be drawn on: the spinner would count
  // the lines that its text takes there, without end.
  const drawable = stream.isTTY === true && (stream.columns ?? 0) > 0;
  const interactive = drawable && env['CI'] === undefined && env['TERM'] !== 'dumb';
  if (mode === 'none')
    return lineProgress(stream, (event) => (event.type === 'warn' ? `warning: ${event.text}\n` : null));
  if (mode === 'json')
    return lineProgress(stream, (event) => `${JSON.stringify({ schemaVersion: 'vdpactl/v1', ...event })}\n`);
  if (mode === 'plain' || !interactive) return lineProgress(stream, plainLine);
  return spinnerProgress(stream);
}

interface ProgressEvent {
  readonly type: 'step' | 'update' | 'warn' | 'done' | 'fail' | 'heartbeat';
  readonly text: string;
  /** Seconds since the step began. */
  readonly seconds: number;
}

function plainLine(event: ProgressEvent): string | null {
  const took = event.seconds >= 1 ? ` (${event.seconds.toFixed(1)} s)` : '';
  switch (event.type) {
    case 'step':
      return `- ${event.text}\n`;
    case 'update':
      return `  ${event.text}\n`;
    case 'warn':
      return `warning: ${event.text}\n`;
    case 'heartbeat':
      return `  still at it: ${event.text}${took}\n`;
    case 'done':
      return event.text === '' ? null : `done: ${event.text}${took}\n`;
    case 'fail':
      return event.text === '' ? null : `failed: ${event.text}${took}\n`;
  }
}

function lineProgress(stream: ProgressStream, format: (event: ProgressEvent) => string | null): Progress {
  let current: { text: string; since: number } | null = null;
  let timer: NodeJS.Timeout | null = null;
  /** What is looked at again and again says the same again and again. */
  let told = '';
  const seconds = () => (current === null ? 0 : (performance.now() - current.since) / 1000);
  const say = (type: ProgressEvent['type'], text: string) => {
    const line = format({ type, text, seconds: seconds() });
    if (line !== null) stream.write(line);
  };
  const stop = () => {
    if (timer !== null) clearInterval(timer);
    timer = null;
    current = null;
  };
  return {
    step(text) {
      stop();
      current = { text, since: performance.now() };
      told = '';
      say('step', text);
      timer = setInterval(() => say('heartbeat', text), heartbeatMs).unref();
    },
    update(text) {
      if (text !== told) say('update', text);
      told = text;
    },
    warn: (text) => say('warn', text),
    done(text = '') {
      say('done', text);
      stop();
    },
    fail() {
      say('fail', current?.text ?? '');
      stop();
    },
    async settled() {},
  };
}

/** ora is loaded only once there is something to spin for. */
function spinnerProgress(stream: ProgressStream): Progress {
  type Spinner = Awaited<ReturnType<typeof import('ora')['default']>>;
  let spinner: Spinner | null = null;
  let step = '';
  let queue: Promise<void> = Promise.resolve();
  const onSpinner = (act: (spinner: Spinner) => void) => {
    queue = queue.then(async () => {
      if (spinner === null) {
        const { default: ora } = await import('ora');
        spinner = ora({ stream, isEnabled: true, discardStdin: false });
      }
      act(spinner);
    });
  };
  return {
    step(text) {
      const before = step;
      step = text;
      onSpinner((active) => {
        if (before !== '') active.succeed(before);
        active.start(text);
      });
    },
    update(text) {
      const at = step;
      onSpinner((active) => {
        active.text = at === '' ? text : `${at}: ${text}`;
      });
    },
    warn(text) {
      const at = step;
      onSpinner((active) => {
        active.warn(text);
        if (at !== '') active.start(at);
      });
    },
    done(text) {
      const at = text ?? step;
      step = '';
      onSpinner((active) => {
        if (at !== '') active.succeed(at);
        else active.stop();
      });
    },
    fail() {
      const at = step;
      step = '';
      onSpinner((active) => {
        if (at !== '') active.fail(at);
        else active.stop();
      });
    },
    settled: () => queue,
  };
}
