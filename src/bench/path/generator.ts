// SPDX-License-Identifier: Apache-2.0
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ForwardStats,
  type LinkStatus,
  type PortStats,
  parseForwardStats,
  parseLinkStatus,
  parsePortStats,
} from '../../backends/output/testpmd-output.ts';
import { commonEalArguments, memifRingLog2, packetBuffers } from '../../backends/testpmd.ts';
import { VdpaError } from '../../errors/vdpa-error.ts';
import { appendLog, logSize, logTail, openLog } from '../../files/capped-log.ts';
import { endProcesses, identify, markerFor } from '../../process/process-table.ts';
import { type StartedProcess, start } from '../../process/start.ts';

export interface GeneratorOptions {
  readonly testpmd: string;
  /** The device on the wire: `net_memif0,…`, `net_af_packet0,…`. */
  readonly vdev: string;
  readonly cpu: number;
  /** Where it starts, takes commands, and ends. */
  readonly controlCpu: number;
  /** Huge-page memory, MiB. */
  readonly memoryMiB: number;
  /** Ethernet frame with its check sequence, bytes. */
  readonly frameSize: number;
  readonly runDir: string;
  readonly log: string;
  readonly env: NodeJS.ProcessEnv;
  /** Ends every wait for an answer. */
  readonly signal: AbortSignal;
}

/** When a command was written and when testpmd was done with it, ms of a monotonic clock. */
interface Answer {
  readonly text: string;
  readonly writtenAt: number;
  readonly doneAt: number;
}

interface Wait {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

const startTimeoutMs = 20_000;
const commandTimeoutMs = 10_000;
const pollMs = 2;
/** How long two ends of a wire that are both there may take to agree, ms. */
const linkTimeoutMs = 250;
const endGraceMs = 2_000;
/** How long it may take to stop sending before it is ended, and what is under way then to pass, ms. */
const quietTimeoutMs = 500;
const quietMs = 50;

/** The destination network of testpmd's flowgen mode: 10.253.0.0 and the addresses after it, one for each flow. */
export const flowgenNetwork = '10.253.0.0/16';

/** The destination of the frames of flowgen mode, fixed in testpmd. */
export const flowgenDestinationMac = '00:01:02:03:04:05';

export function memifClient(socket: string): string {
  return `net_memif0,role=client,socket=${socket},socket-abstract=no,rsize=${memifRingLog2}`;
}

/** A traffic generator: testpmd at its prompt, sending in `flowgen` mode and counting what comes back. */
export class Generator {
  readonly #child: StartedProcess;
  readonly #log: string;
  readonly #logStart: number;
  readonly #signal: AbortSignal;
  #pending = '';
  #commands = 0;
  #ended: string | null = null;

  private constructor(child: StartedProcess, logStart: number, { log, signal }: GeneratorOptions) {
    this.#child = child;
    this.#log = log;
    this.#logStart = logStart;
    this.#signal = signal;
    child.stdout?.on('data', (chunk: Buffer) => {
      const text = chunk.toString('utf8');
      this.#pending += text;
      appendLog(log, text);
    });
    child.stdin?.on('error', () => {});
    void child.ended.then((end) => {
      this.#ended =
        end.failure ?? (end.signal === null ? `it exited with code ${end.code}` : `it was ended by ${end.signal}`);
    });
  }

  /** Starts it and waits for its prompt. Throws VDPA-BENCH-003 with the end of its output. */
  static async launch(options: GeneratorOptions): Promise<Generator> {
    const args = [
      '-oL',
      options.testpmd,
      ...commonEalArguments(options.cpu, options.memoryMiB, 'vdpactl-generator', options.controlCpu),
      '--vdev',
      options.vdev,
      '--',
      '-i',
      '--disable-link-check',
      '--forward-mode=flowgen',
      // testpmd takes the frame without its check sequence off this by itself.
      `--txpkts=${options.frameSize}`,
      '--nb-cores=1',
      `--total-num-mbufs=${packetBuffers}`,
    ];
    const env = {
      PATH: options.env['PATH'],
      RUNTIME_DIRECTORY: options.runDir,
      ...markerFor('generator', options.runDir),
    };
    const logStart = logSize(options.log);
    const logFd = openLog(options.log);
    // In a session of its own, so that a Ctrl-C reaches it through us, who tidy up, and not beside us.
    const child = start('stdbuf', args, { env, stdin: 'pipe', stdout: 'pipe', logFd, detached: true });
    closeSync(logFd);
    const generator = new Generator(child, logStart, options);
    try {
      await generator.#waitFor('testpmd> ', { timeoutMs: startTimeoutMs, signal: options.signal });
      // Otherwise each start throws away what is still under way, uncounted.
      await generator.#command('set flush_rx off');
      return generator;
    } catch (error) {
      await generator.end();
      throw options.signal.aborted ? error : generator.#startError(error);
    }
  }

  /** 0 when it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The link of the port on the wire. */
  async link(): Promise<LinkStatus | null> {
    return parseLinkStatus((await this.#command('show port info 0')).text)[0] ?? null;
  }

  async portStats(): Promise<PortStats | null> {
    return parsePortStats((await this.#command('show port stats 0')).text)[0] ?? null;
  }

  /**
   * Connects the wire anew where it was cut: a memif client does not do so by itself when the other end was restarted. Answers
   * whether there is a link; there is none while nobody listens. After a cut all is counted from nothing: memif hides its
   * counters while it is not connected and shows the old ones again afterwards, which look like packets that have just come.
   */
  async reconnect(): Promise<boolean> {
    // A link that is up stays: to take it from a backend that polls it may crash that.
    if ((await this.link())?.up === true) return true;
    await this.#command('port stop 0');
    await this.#command('port start 0');
    const deadline = performance.now() + linkTimeoutMs;
    while ((await this.link())?.up !== true) {
      if (performance.now() > deadline) return false;
      await sleep(pollMs, undefined, { signal: this.#signal });
    }
    await this.#command('clear port stats 0');
    return true;
  }

  async startForwarding(mode: 'flowgen' | 'rxonly'): Promise<Answer> {
    await this.#command(`set fwd ${mode}`);
    return this.#command('start');
  }

  /** Stops and answers what was counted since the start. */
  async stopForwarding(): Promise<Answer & { readonly stats: ForwardStats | null }> {
    const answer = await this.#command('stop');
    return { ...answer, stats: parseForwardStats(answer.text).find((stats) => stats.port === 0) ?? null };
  }

  /**
   * Ends it, and lets it stop sending first: the fewer packets are under way, the shorter is the backend in the rings that
   * DPDK's memif takes from it as soon as the other end has gone.
   */
  async end(): Promise<void> {
    const id = this.#child.pid === undefined ? null : identify(this.#child.pid);
    if (id === null) return;
    await this.#command('stop', { timeoutMs: quietTimeoutMs }).catch(() => {});
    await sleep(quietMs);
    await endProcesses([id], endGraceMs);
  }

  async #command(line: string, wait: Wait = { timeoutMs: commandTimeoutMs, signal: this.#signal }): Promise<Answer> {
    this.#commands += 1;
    // testpmd reads and echoes a line only when it is done with the one before, so an echo says that it is.
    const mark = `vdpactl${this.#commands}`;
    this.#pending = '';
    const writtenAt = performance.now();
    this.#child.stdin?.write(`${line}\n${mark}\n`);
    const text = await this.#waitFor(mark, wait);
    return { text, writtenAt, doneAt: performance.now() };
  }

  async #waitFor(text: string, { timeoutMs, signal }: Wait): Promise<string> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const at = this.#pending.indexOf(text);
      if (at !== -1) {
        const answer = this.#pending.slice(0, at);
        this.#pending = this.#pending.slice(at + text.length);
        return answer;
      }
      if (this.#ended !== null || performance.now() > deadline) {
        throw new VdpaError('VDPA-BENCH-004', this.#ended ?? `no answer within ${timeoutMs / 1000} s`, {
          where: this.#log,
          next: 'run the same command again; if it happens again, the log tells what testpmd last did',
          details: this.#lastLines(),
        });
      }
      await sleep(pollMs, undefined, signal === undefined ? {} : { signal });
    }
  }

  #startError(cause: unknown): VdpaError {
    return new VdpaError('VDPA-BENCH-003', this.#ended ?? 'it did not come to its prompt in time', {
      where: this.#log,
      next: 'its last lines are above; vdpactl check says what this machine lacks',
      details: this.#lastLines(),
      cause,
    });
  }

  #lastLines(): string[] {
    return logTail(this.#log, 8192, this.#logStart).trimEnd().split('\n').slice(-10);
  }
}
