// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:os';
import { type StartedProcess, start } from '../../../src/process/start.ts';
import { MountError, type Mounter } from './mounter.ts';

interface Waiting {
  readonly what: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Running {
  readonly process: StartedProcess;
  /** Asked and not answered, in order. */
  readonly waiting: Waiting[];
  /** The part of an answer that came. */
  answers: string;
}

/**
 * Mounts through `vdpa-mount` (dataplane/mounter), which runs as long as the agent: starting mount(8) for each takes
 * milliseconds during which nobody else is served, and a hundred pods may come at once. The helper answers in order.
 * One that ends is started again with the next call; it ends by itself with the agent, whose pipe it reads.
 */
export class MountHelper implements Mounter {
  readonly #program: string;
  #running: Running | null = null;

  constructor(program: string) {
    this.#program = program;
  }

  tmpfs(target: string): Promise<void> {
    return this.#ask(['tmpfs', target]);
  }

  bind(source: string, target: string): Promise<void> {
    return this.#ask(['bind', source, target]);
  }

  unmount(target: string): Promise<void> {
    return this.#ask(['unmount', target]);
  }

  stop(): void {
    this.#running?.process.stdin?.end();
    this.#running = null;
  }

  #ask(words: readonly string[]): Promise<void> {
    const what = words.join(' ');
    if (words.some((word) => /[\t\n\0]/.test(word))) {
      return Promise.reject(new MountError(what, 'EINVAL', 'a path with a control character'));
    }
    return new Promise((resolve, reject) => {
      this.#running ??= this.#start();
      this.#running.waiting.push({ what, resolve, reject });
      this.#running.process.stdin?.write(`${words.join('\t')}\n`);
    });
  }

  #start(): Running {
    const process = start(this.#program, [], { env: searchPath(), stdin: 'pipe', stdout: 'pipe' });
    const running: Running = { process, waiting: [], answers: '' };
    process.stdin?.on('error', () => {}); // its end says the same
    process.stdout?.on('data', (chunk: Buffer) => takeAnswers(running, chunk.toString('latin1')));
    void process.ended.then(({ failure, code, signal }) => {
      if (this.#running === running) this.#running = null;
      const why = failure ?? `${this.#program} ended (${signal ?? code ?? 'unknown'})`;
      // Whether what was asked for is done, nobody knows: who asked looks, or undoes.
      for (const { what, reject } of running.waiting.splice(0)) reject(new MountError(what, 'EIO', why));
    });
    return running;
  }
}

function takeAnswers(running: Running, text: string): void {
  const lines = `${running.answers}${text}`.split('\n');
  running.answers = lines.pop() ?? '';
  for (const line of lines) {
    const waiting = running.waiting.shift();
    const errno = Number(line);
    if (errno === 0) waiting?.resolve();
    else waiting?.reject(new MountError(waiting.what, errorName(errno), errorName(errno) ?? line));
  }
}

const searchPath = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin' });

function errorName(errno: number): string | null {
  return Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? null;
}

/** The helper, where its program can be started; null else. */
export async function mountHelper(program: string): Promise<MountHelper | null> {
  const probe = start(program, ['--version'], { env: searchPath() });
  const { code } = await probe.ended;
  return code === 0 ? new MountHelper(program) : null;
}
