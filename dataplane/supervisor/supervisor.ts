// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import { capLog } from '../../src/files/capped-log.ts';
import { writeFileAtomic } from '../../src/files/write-atomic.ts';
import { markedProcesses, processVariable } from '../../src/process/process-table.ts';
import type { ProcessEnd } from '../../src/process/start.ts';
import { schemaVersion } from '../../src/schema-version.ts';
import type { BackendState, BackendStatus } from '../contract/backend-spec.ts';
import { logFile, type RunDir, statusFile } from '../contract/run-dir.ts';
import { readSpecs, type StoredSpec } from '../contract/spec-store.ts';
import { adoptBackend, type BackendProcess, specHashVariable, startBackend } from './backend-process.ts';
import { type Action, becameReady, ended, reconcile, type Slot, started, stopRequested } from './reconcile.ts';

/** How long a backend may take to end by itself: testpmd stops its cores and closes its ports. */
const stopGraceMs = 3_000;
const outputLines = 12;

interface Backend {
  slot: Slot;
  process: BackendProcess | null;
  since: string;
  lastExit: BackendStatus['lastExit'];
}

/** Keeps one process running for each spec in the run directory, and says in a status file how each fares. */
export class Supervisor {
  readonly #dir: RunDir;
  readonly #log: (line: string) => void;
  readonly #backends = new Map<string, Backend>();
  #specs = new Map<string, StoredSpec>();
  readonly #written = new Map<string, string>();

  constructor(dir: RunDir, log: (line: string) => void) {
    this.#dir = dir;
    this.#log = log;
  }

  /** Takes over what an earlier supervisor left running, so that its end disturbed no traffic. */
  adopt(): void {
    for (const found of markedProcesses(this.#dir.root)) {
      if (!found.role.startsWith('backend:')) continue;
      const device = found.role.slice('backend:'.length);
      const process = adoptBackend(this.#dir, device, found);
      const slot: Slot = {
        // It ran long before this supervisor did: if it ends now, that is no failed start.
        ...started(undefined, processVariable(found.pid, specHashVariable) ?? '', Number.NEGATIVE_INFINITY),
        phase: 'running',
      };
      this.#enter(device, { slot, process, since: new Date().toISOString(), lastExit: null });
      this.#log(`${device}: took over process ${found.pid}`);
    }
  }

  /** Whether a backend is between its start and its first forwarded packet: a time to look often. */
  get isStarting(): boolean {
    return [...this.#backends.values()].some((backend) => backend.slot.phase === 'starting');
  }

  /** Ends every back-off: whoever asks for this has just mended something. */
  retryNow(): void {
    for (const backend of this.#backends.values()) {
      if (backend.slot.phase === 'waiting') backend.slot = { ...backend.slot, retryAt: 0 };
    }
  }

  /** One look at what is wanted and what runs, and the steps that lead from one to the other. */
  tick(): void {
    this.#specs = readSpecs(this.#dir);
    for (const [device, backend] of this.#backends) {
      if (backend.slot.phase === 'starting' && backend.process?.isReady() === true) {
        this.#change(device, backend, becameReady(backend.slot));
      }
      capLog(logFile(this.#dir, device));
    }
    this.#act();
  }

  #act(): void {
    const wanted = new Map([...this.#specs].map(([device, stored]) => [device, stored.hash]));
    const slots = new Map([...this.#backends].map(([device, backend]) => [device, backend.slot]));
    for (const action of reconcile(wanted, slots, performance.now())) this.#perform(action);
    for (const [device, backend] of this.#backends) this.#writeStatus(device, backend);
  }

  #perform({ kind, device }: Action): void {
    const backend = this.#backends.get(device);
    const stored = this.#specs.get(device);
    if (kind === 'forget') {
      this.#backends.delete(device);
      this.#written.delete(device);
      rmSync(statusFile(this.#dir, device), { force: true });
      this.#log(`${device}: removed`);
    } else if (kind === 'stop' && backend !== undefined) {
      this.#change(device, backend, stopRequested(backend.slot));
      void backend.process?.stop(stopGraceMs);
    } else if (kind === 'start' && stored !== undefined) {
      const process = startBackend(this.#dir, stored.spec, stored.hash);
      const slot = started(backend?.slot, stored.hash, performance.now());
      this.#log(`${device}: started process ${process.id.pid}`);
      this.#enter(device, { slot, process, since: new Date().toISOString(), lastExit: backend?.lastExit ?? null });
    }
  }

  #enter(device: string, backend: Backend): void {
    this.#backends.set(device, backend);
    this.#writeStatus(device, backend);
    void backend.process?.exit.then((exit) => this.#onExit(device, backend, exit));
  }

  #onExit(device: string, backend: Backend, exit: ProcessEnd): void {
    const asked = backend.slot.phase === 'stopping';
    const output = exit.failure === null ? (backend.process?.lastOutput(outputLines) ?? []) : [exit.failure];
    backend.process = null;
    if (!asked) backend.lastExit = { at: new Date().toISOString(), code: exit.code, signal: exit.signal, output };
    this.#change(device, backend, ended(backend.slot, performance.now()));
    this.#log(`${device}: ${asked ? 'stopped' : `ended by itself (code ${exit.code}, signal ${exit.signal})`}`);
    // The first restart follows at once, not at the next look: this is the gap that traffic sees.
    this.#act();
  }

  #change(device: string, backend: Backend, slot: Slot): void {
    if (slot.phase !== backend.slot.phase) backend.since = new Date().toISOString();
    backend.slot = slot;
    this.#writeStatus(device, backend);
  }

  #writeStatus(device: string, backend: Backend): void {
    const status: BackendStatus = {
      schemaVersion,
      device,
      state: stateOf(backend.slot),
      pid: backend.process?.id.pid ?? null,
      startTicks: backend.process === null ? null : Math.max(0, backend.process.id.startTicks),
      restarts: backend.slot.restarts,
      since: backend.since,
      lastExit: backend.lastExit,
      specHash: backend.slot.specHash,
    };
    const text = `${JSON.stringify(status, null, 2)}\n`;
    if (this.#written.get(device) === text) return;
    try {
      writeFileAtomic(statusFile(this.#dir, device), text);
      this.#written.set(device, text);
    } catch (error) {
      this.#log(`${device}: cannot write the status: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function stateOf(slot: Slot): BackendState {
  if (slot.phase === 'waiting') return slot.failures > 0 ? 'backing-off' : 'stopped';
  return slot.phase === 'stopping' ? 'stopped' : slot.phase;
}
