// SPDX-License-Identifier: Apache-2.0
import { messageOf } from '../../../src/errors/vdpa-error.ts';
import type { BackendSpec } from '../../contract/backend-spec.ts';
import type { CniAnswer } from '../../contract/cni-protocol.ts';
import { hostPodPaths } from '../../contract/pod-paths.ts';
import type { RunDir } from '../../contract/run-dir.ts';
import type { PodAttachments } from '../pod/pod-attachments.ts';
import { cniCodes } from './cni-error.ts';
import { answerCni } from './commands.ts';
import { type Ipam, ipamPrograms } from './ipam.ts';
import { serveCni } from './server.ts';
import { watchPods } from './watch-pods.ts';

export interface CniServiceOptions {
  readonly dir: RunDir;
  /** The devices that this node offers, asked with each call. */
  readonly devices: () => readonly BackendSpec[];
  readonly store: PodAttachments;
  /** Whether traffic can flow through a device; every one is taken to be up where this is left out. */
  readonly isRunning?: (spec: BackendSpec) => boolean;
  readonly ipam?: Ipam;
  readonly deviceInfoFolder?: string;
  /** Kubelet's folder of pods: when one is gone from it, what it had is taken away at once. */
  readonly podsFolder?: string;
  readonly log?: (line: string) => void;
  /** Hears of each call that was answered. */
  readonly onCall?: (call: { command: string; code: number; seconds: number }) => void;
  /** How often what pods had that are gone is taken away. */
  readonly sweepMs?: number;
}

export interface CniService {
  stop(): Promise<void>;
}

const sweepMs = 30_000;

/** The CNI service of a node: answers the plugin on cni.sock, and sweeps. Rejects when it cannot listen. */
export async function startCniService(options: CniServiceOptions): Promise<CniService> {
  const log = options.log ?? (() => {});
  const node = {
    store: options.store,
    devices: options.devices,
    isRunning: options.isRunning ?? (() => true),
    ipam: options.ipam ?? ipamPrograms(),
    deviceInfoFolder: options.deviceInfoFolder ?? hostPodPaths.deviceInfo,
  };
  const server = await serveCni({
    socket: options.dir.cniSocket,
    answer: async (request, signal) => {
      const began = performance.now();
      const answer = await answerCni(node, request, signal);
      const what = ['CNI_COMMAND', 'CNI_CONTAINERID', 'CNI_IFNAME'].map((name) => loggable(request.env.get(name)));
      const outcome = answer.exitCode === 0 ? 'done' : answer.stdout;
      const ms = performance.now() - began;
      log(`cni: ${what.join(' ')}: ${outcome} (${ms.toFixed(1)} ms)`);
      options.onCall?.({ command: what[0] ?? '', code: codeOf(answer), seconds: ms / 1000 });
      return answer;
    },
    log,
  });
  const sweep = () => options.store.sweep().catch((error: unknown) => log(`sweep: ${messageOf(error)}`));
  const timer = setInterval(sweep, options.sweepMs ?? sweepMs);
  timer.unref();
  const watch = watchPods(options.podsFolder ?? hostPodPaths.pods, sweep, log);
  return {
    async stop() {
      clearInterval(timer);
      watch.stop();
      await server.stop();
    },
  };
}

/** The code of an answer that is an error; 0: it is none. */
function codeOf({ exitCode, stdout }: CniAnswer): number {
  const code: unknown = exitCode === 0 ? 0 : JSON.parse(stdout).code;
  return typeof code === 'number' ? code : cniCodes.io;
}

/** A line of a log is one line, whatever the caller wrote. */
function loggable(text = ''): string {
  return text.replace(/\p{C}/gu, '?').slice(0, 80);
}
