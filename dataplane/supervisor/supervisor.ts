// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import { statsPeriodSeconds } from '../../src/backends/testpmd.ts';
import { capLog, maxLogBytes } from '../../src/files/capped-log.ts';
import { endProcesses, type ProcessId } from '../../src/process/process-table.ts';
import type { ProcessEnd } from '../../src/process/start.ts';
import { type BackendState, type BackendStatus, hasProcess, type ProcessSpec } from '../contract/backend-spec.ts';
import { inputFile, logFile, type RunDir } from '../contract/run-dir.ts';
import { type Backend, stateOf, statusOf, takenOver } from './backend.ts';
import { adoptBackend, startBackend } from './backend-process.ts';
import { chooseCpu, type SeatFacts, seatFacts } from './cpu-seats.ts';
import { launchOf, wantsCpu } from './launch.ts';
import { type Action, becameReady, ended, reconcile, type Slot, started, stopRequested } from './reconcile.ts';
import { runningBackends } from './running-backends.ts';
import { StatusFiles } from './status-files.ts';
import { WantedSpecs } from './wanted-specs.ts';

/** How long a backend may take to end by itself: testpmd stops its cores and closes its ports. */
const stopGraceMs = 3_000;
const outputLines = 12;
/** How often counters are read, ms. */
const countPeriodMs = statsPeriodSeconds * 1000;
/** A starting backend's log is let grow further: cutting it could lose the line that says that it is ready. */
const maxStartLogBytes = 16 * maxLogBytes;

/** What is different on a node of a cluster, and in tests. */
export interface SupervisorOptions {
  /** The program that hides from a backend what is not its own; null: backends are started as they are. */
  readonly isolate?: string | null;
  readonly seatFacts?: () => SeatFacts;
  /** Milliseconds of a monotonic clock, by which starts are put off. */
  readonly now?: () => number;
}

/** Keeps one process running for each spec in the run directory, and says in a status file how each fares. */
export class Supervisor {
  readonly #dir: RunDir;
  readonly #log: (line: string) => void;
  readonly #backends = new Map<string, Backend>();
  readonly #statuses: StatusFiles;
  readonly #wanted: WantedSpecs;
  #released = false;
  readonly #isolate: string | null;
  readonly #seatFacts: () => SeatFacts;
  readonly #now: () => number;
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor(dir: RunDir, log: (line: string) => void, options: SupervisorOptions = {}) {
    this.#dir = dir;
    this.#log = log;
    this.#isolate = options.isolate ?? null;
    this.#seatFacts = options.seatFacts ?? seatFacts;
    this.#now = options.now ?? (() => performance.now());
    this.#statuses = new StatusFiles(dir, log);
    this.#wanted = new WantedSpecs(dir, log);
  }

  /** Takes over what an earlier supervisor left running, so that its end disturbed no traffic. */
  adopt(): void {
    for (const { device, kept, surplus, memory, recorded } of runningBackends(this.#dir, this.#statuses)) {
      this.#takeOver(device, kept, memory, recorded);
      for (const { pid } of surplus) this.#log(`${device}: ending process ${pid}, which is one too many`);
      void endProcesses(surplus, stopGraceMs);
    }
  }

  /** `memory` is what was last written of the device, `recorded` the same if it was written of this very process. */
  #takeOver(device: string, found: ProcessId, memory: BackendStatus | null, recorded: BackendStatus | null): void {
    const process = adoptBackend(this.#dir, device, found);
    const slot = takenOver(process.specHash, memory, recorded);
    const since = recorded?.since ?? new Date().toISOString();
    this.#log(`${device}: took over process ${found.pid}`);
    const [lastExit, cpu] = [memory?.lastExit ?? null, memory?.cpu ?? null];
    this.#enter(device, { slot, process, since, lastExit, cpu, counters: null });
    // It had been asked to end already; nobody else is left to insist.
    if (slot.phase === 'stopping') void process.stop(stopGraceMs);
  }

  /** Lets go of every backend, which all run on: the end of this supervisor, and the beginning of the next. */
  letGo(): void {
    this.#released = true;
    for (const backend of this.#backends.values()) backend.process?.letGo();
    this.#backends.clear();
  }

  /** Ends every backend, because whatever ends this supervisor would end them too, and less gently. */
  async stopAll(): Promise<void> {
    this.#released = true;
    const stopping = [...this.#backends].map(async ([device, { process }]) => {
      process?.letGo();
      await process?.stop(stopGraceMs);
      this.#statuses.remove(device);
    });
    this.#backends.clear();
    await Promise.all(stopping);
  }

  /** The wanted backends that do not run, with the state of each. Before the first look: none. */
  notRunning(): { readonly device: string; readonly state: BackendState; readonly why?: string }[] {
    const known = [...this.#wanted.known].filter(([, { spec }]) => hasProcess(spec)).map(([device]) => ({ device }));
    return [...known, ...this.#wanted.unknown].flatMap((wanted) => {
      const slot = this.#backends.get(wanted.device)?.slot;
      const state = slot === undefined ? 'stopped' : stateOf(slot);
      return state === 'running' ? [] : [{ ...wanted, state }];
    });
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
    for (const [device, backend] of this.#backends) {
      const spec = this.#wanted.known.get(device)?.spec;
      if (backend.slot.phase === 'starting' && spec !== undefined && hasProcess(spec))
        this.#listen(device, backend, spec);
      capLog(logFile(this.#dir, device), backend.slot.phase === 'starting' ? maxStartLogBytes : maxLogBytes);
    }
    for (const daemon of ['agent', 'supervisor']) capLog(logFile(this.#dir, daemon));
    this.#count();
    this.#act();
  }

  /** What a starting backend has said about how it fares. */
  #listen(device: string, backend: Backend, { readyText, failText }: ProcessSpec): void {
    if (failText !== null && backend.process?.hasSaid(failText) === true) {
      // It would stay at its prompt for ever. Ended without being asked to, it counts as a failed start.
      void backend.process.stop(stopGraceMs);
    } else if (backend.process?.hasSaid(readyText) === true) {
      this.#change(device, backend, becameReady(backend.slot));
    }
  }

  /** No more often than testpmd prints its counters: each time they move a file is written. */
  #count(): void {
    const now = this.#now();
    if (now - this.#countedAt < countPeriodMs) return;
    this.#countedAt = now;
    for (const [device, backend] of this.#backends) {
      backend.counters = backend.process?.counters() ?? null;
      // It forwards, though the line that says so was lost, as on a disk that was full when it started.
      if (backend.counters?.wire != null) this.#change(device, backend, becameReady(backend.slot));
    }
  }

  #act(): void {
    this.#wanted.look();
    // The others are the kernel's to keep.
    const withProcess = [...this.#wanted.known].filter(([, stored]) => hasProcess(stored.spec));
    const wanted = new Map(withProcess.map(([device, stored]) => [device, stored.hash]));
    // Taken over from an earlier supervisor, which understood what is wanted: it runs on as it is.
    for (const { device } of this.#wanted.unknown) {
      const running = this.#backends.get(device);
      if (running !== undefined) wanted.set(device, running.slot.specHash);
    }
    const slots = new Map([...this.#backends].map(([device, backend]) => [device, backend.slot]));
    for (const action of reconcile(wanted, slots, this.#now())) this.#perform(action);
    for (const [device, backend] of this.#backends) this.#writeStatus(device, backend);
  }

  #perform({ kind, device }: Action): void {
    const backend = this.#backends.get(device);
    const stored = this.#wanted.known.get(device);
    if (kind === 'forget') {
      this.#backends.delete(device);
      this.#statuses.remove(device);
      rmSync(inputFile(this.#dir, device), { force: true });
      this.#log(`${device}: removed`);
    } else if (kind === 'stop' && backend !== undefined) {
      this.#change(device, backend, stopRequested(backend.slot));
      void backend.process?.stop(stopGraceMs);
    } else if (kind === 'start' && stored !== undefined && hasProcess(stored.spec)) {
      this.#start(device, stored.spec, stored.hash, backend);
    }
  }

  #start(device: string, spec: ProcessSpec, hash: string, before: Backend | undefined): void {
    // Without a slot there may still be a status: an earlier supervisor and the backend were both killed.
    const recorded = before === undefined ? this.#statuses.read(device) : null;
    const memory = recorded === null ? before?.slot : { ...recorded, failures: 0 };
    const cpu = wantsCpu(spec) ? this.#seat(device, spec) : null;
    const process = startBackend(this.#dir, spec, hash, launchOf(this.#dir, spec, this.#isolate, cpu));
    const slot = started(memory, hash, this.#now());
    const where = cpu === null ? '' : ` on CPU ${cpu}`;
    if (process.id !== null) this.#log(`${device}: started process ${process.id.pid}${where}`);
    const lastExit = before?.lastExit ?? recorded?.lastExit ?? null;
    this.#enter(device, { slot, process, since: new Date().toISOString(), lastExit, cpu, counters: null });
  }

  /** The CPU that a device had it keeps for as long as it may be used. */
  #seat(device: string, { cpu: wish }: ProcessSpec): number {
    const facts = this.#seatFacts();
    const others = [...this.#backends].flatMap(([other, { cpu }]) => (other === device || cpu === null ? [] : [cpu]));
    const chosen = chooseCpu(facts, others, wish ?? this.#backends.get(device)?.cpu ?? null);
    if (wish !== null && wish !== chosen) {
      this.#log(`${device}: CPU ${wish} is none that may be used here (${facts.allowed.join(',')})`);
    }
    return chosen;
  }

  #enter(device: string, backend: Backend): void {
    this.#backends.set(device, backend);
    this.#writeStatus(device, backend);
    void backend.process?.exit.then((exit) => this.#onExit(device, backend, exit));
  }

  #onExit(device: string, backend: Backend, exit: ProcessEnd): void {
    if (this.#released) return;
    const asked = backend.slot.phase === 'stopping';
    const output = exit.failure === null ? (backend.process?.lastOutput(outputLines) ?? []) : [exit.failure];
    backend.process = null;
    backend.counters = null;
    if (!asked) backend.lastExit = { at: new Date().toISOString(), code: exit.code, signal: exit.signal, output };
    this.#change(device, backend, ended(backend.slot, this.#now()));
    const how = exit.failure ?? `code ${exit.code}, signal ${exit.signal}`;
    this.#log(`${device}: ${asked ? 'stopped' : `ended by itself (${how})`}`);
    // The first restart follows at once, not at the next look: this is the gap that traffic sees.
    this.#act();
  }

  #change(device: string, backend: Backend, slot: Slot): void {
    if (slot.phase !== backend.slot.phase) backend.since = new Date().toISOString();
    backend.slot = slot;
    this.#writeStatus(device, backend);
  }

  #writeStatus(device: string, backend: Backend): void {
    this.#statuses.write(statusOf(device, backend));
  }
}
