// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import { messageOf, VdpaError } from '../../../src/errors/vdpa-error.ts';
import { makeFolder } from '../../../src/files/make-folder.ts';
import { writeFileAtomic } from '../../../src/files/write-atomic.ts';
import { schemaVersion } from '../../../src/schema-version.ts';
import { type BackendSpec, hasProcess } from '../../contract/backend-spec.ts';
import type { NodeFile } from '../../contract/node-file.ts';
import { type RunDir, specFile } from '../../contract/run-dir.ts';
import { findSpecs, readSpecs } from '../../contract/spec-store.ts';
import { type NodeLook, type NodeView, nodeView } from './node-view.ts';
import { type DeviceUse, type HeldSpec, planSpecs, type SpecPlan } from './plan-specs.ts';

export interface NodeSpecsOptions {
  readonly dir: RunDir;
  /** Looks at the node as it is now. */
  readonly look: () => Promise<NodeLook>;
  /** Makes devices ready that are not; throws when it cannot. */
  readonly prepare: (look: NodeLook) => Promise<void>;
  /** Who has what, and the mounts by which it is shown to the backends. */
  readonly store: {
    holderOf(device: string): unknown;
    /** Before the backend of the device starts, which takes hold of the mount. */
    prepareDevice(device: string): Promise<void>;
    /** false: a pod has it. */
    removeDevice(device: string): Promise<boolean>;
  };
  /** Whether the backend of a device runs. */
  readonly isRunning: (device: string) => boolean;
  readonly log: (line: string) => void;
}

/** The devices that a node offers: what is wanted is written for the supervisor and kept for who asks. */
export class NodeSpecs {
  readonly #options: NodeSpecsOptions;
  #offered: readonly BackendSpec[];
  #view: NodeView | null = null;
  #held: readonly HeldSpec[] = [];
  /** Held by a spec of another version, for as long as the backend runs. */
  #foreign: readonly string[] = [];
  #problems: readonly string[] = ['the node was not looked at yet'];
  #written = '';

  constructor(options: NodeSpecsOptions) {
    this.#options = options;
    // What was offered before this agent began is offered until it has looked.
    this.#offered = [...readSpecs(options.dir).values()].map(({ spec }) => spec);
  }

  get offered(): readonly BackendSpec[] {
    return this.#offered;
  }

  /** null: not known yet. */
  get view(): NodeView | null {
    return this.#view;
  }

  /** Why there is no device, and what stands in the way of others. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Whether something waits no more: the pod has given its device back, or what it had runs no longer. */
  get canGoOn(): boolean {
    const { isRunning } = this.#options;
    return this.#held.some(({ device }) => !this.#isHeld(device)) || this.#foreign.some((device) => !isRunning(device));
  }

  /**
   * Brings what is offered to what the node has now. Answers false where something failed that may go better later; never
   * throws: what a node has keeps working, whatever becomes of what it could have.
   */
  async refresh(): Promise<boolean> {
    const { log } = this.#options;
    const problems: string[] = [];
    try {
      const view = await this.#look(problems);
      this.#view = view;
      if (view.whyNone !== null) problems.push(view.whyNone);
      await this.#apply(this.#plan(view, problems), problems);
    } catch (error) {
      problems.push(textOf(error));
    }
    for (const problem of problems) if (!this.#problems.includes(problem)) log(`node: ${problem}`);
    this.#problems = problems;
    const isWritten = this.#writeNode();
    return isWritten && (problems.length === 0 || (problems.length === 1 && problems[0] === this.#view?.whyNone));
  }

  async #look(problems: string[]): Promise<NodeView> {
    const { dir, look, prepare, log } = this.#options;
    const found = await look();
    const view = nodeView(found, dir);
    if (view.unprepared.length === 0) return view;
    log(`node: preparing ${view.unprepared.join(', ')}`);
    try {
      await prepare(found);
    } catch (error) {
      problems.push(`not prepared: ${view.unprepared.join(', ')}: ${textOf(error)}`);
      return view;
    }
    const after = nodeView(await look(), dir);
    if (after.unprepared.length > 0) problems.push(`still not ready: ${after.unprepared.join(', ')}`);
    return after;
  }

  #plan(view: NodeView, problems: string[]): SpecPlan {
    const use: DeviceUse = { isHeld: (device) => this.#isHeld(device), isRunning: this.#options.isRunning };
    const found = findSpecs(this.#options.dir);
    const plan = planSpecs(view.specs, found, use);
    this.#foreign = plan.held.flatMap(({ device, should }) =>
      found.unread.has(device) && should === 'change' ? [device] : [],
    );
    for (const device of this.#foreign) problems.push(`${device}: its spec ${found.unread.get(device)}`);
    return plan;
  }

  #isHeld(device: string): boolean {
    return this.#options.store.holderOf(device) !== null;
  }

  async #apply(plan: SpecPlan, problems: string[]): Promise<void> {
    const { dir, store, log } = this.#options;
    makeFolder(dir.backends);
    // From here on no pod is given it any more.
    this.#offered = this.#offered.filter(({ device }) => !plan.remove.includes(device));
    for (const device of plan.remove) await this.#remove(device, problems);
    const failed = new Set<string>();
    for (const spec of plan.offered) {
      try {
        // Before its backend starts, which takes hold of it; also where an agent before this one was killed in between.
        if (hasProcess(spec)) await store.prepareDevice(spec.device);
        if (!plan.write.includes(spec)) continue;
        writeFileAtomic(specFile(dir, spec.device), `${JSON.stringify(spec, null, 2)}\n`);
        log(`node: ${spec.device} is offered (${spec.backend})`);
      } catch (error) {
        failed.add(spec.device);
        problems.push(`${spec.device}: ${textOf(error)}`);
      }
    }
    this.#offered = plan.offered.filter(({ device }) => !failed.has(device));
    this.#held = plan.held;
    for (const { device, should } of plan.held) {
      problems.push(`${device} should ${should}, and does when its pod gives it back`);
    }
  }

  async #remove(device: string, problems: string[]): Promise<void> {
    const { dir, store, log } = this.#options;
    try {
      // A pod may have been faster: it keeps it, and the next look finds it held.
      if (!(await store.removeDevice(device))) return;
      rmSync(specFile(dir, device), { force: true });
      log(`node: ${device} is offered no more`);
    } catch (error) {
      problems.push(`${device}: ${textOf(error)}`);
    }
  }

  /** Answers whether it says what is so. */
  #writeNode(): boolean {
    const { dir, log } = this.#options;
    const file: NodeFile = {
      schemaVersion,
      kind: 'NodeDevices',
      provider: this.#view?.provider ?? null,
      backend: this.#view?.backend ?? null,
      advertisedBy: this.#view?.advertiser ?? 'none',
      devices: this.#offered.map(({ device }) => device),
      problems: [...this.#problems],
    };
    const text = `${JSON.stringify(file, null, 2)}\n`;
    if (text === this.#written) return true;
    try {
      writeFileAtomic(dir.node, text);
      this.#written = text;
      return true;
    } catch (error) {
      log(`node: ${dir.node} cannot be written: ${messageOf(error)}`);
      return false;
    }
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof VdpaError)) return messageOf(error);
  const where = error.where === null ? '' : `${error.where}: `;
  return `${error.code}: ${where}${error.message}; ${error.next}`;
}
