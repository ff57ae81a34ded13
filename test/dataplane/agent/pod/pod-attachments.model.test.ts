// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PodAttachments } from '../../../../dataplane/agent/pod/pod-attachments.ts';
import { messageOf } from '../../../../src/errors/vdpa-error.ts';
import { scratch } from '../../../fixtures/scratch.ts';
import { askFor, type Fault, LabNode, leaseOf } from './lab-node.ts';

const { folder } = scratch();
let round = 0;

const pods = ['pod-a', 'pod-b', 'pod-c'];
const devices = ['local0', '0000:03:00.0'];
const names = ['net1', 'net2'];

const fault: fc.Arbitrary<Fault | null> = fc.option(
  fc.record({ at: fc.integer({ min: 1, max: 70 }), how: fc.constantFrom('fail' as const, 'kill' as const) }),
  { freq: 2 },
);
const place = {
  pod: fc.constantFrom(...pods),
  name: fc.constantFrom(...names),
  sandbox: fc.integer({ min: 1, max: 2 }),
  fault,
};
const action = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('add' as const), device: fc.constantFrom(...devices), ...place }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('del' as const), knowsPod: fc.boolean(), ...place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('gc' as const), ...place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), ...place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pod gone' as const), ...place }) },
);
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never;

/** A node and what its runtime would expect of it. */
class World {
  readonly node: LabNode;
  agent: PodAttachments;

  private constructor(node: LabNode, agent: PodAttachments) {
    this.node = node;
    this.agent = agent;
  }

  static async make(root: string): Promise<World> {
    const node = new LabNode(root);
    for (const pod of pods) node.addPod(pod);
    return new World(node, await node.open());
  }

  async do(step: Action): Promise<void> {
    this.node.faults.arm(step.fault);
    try {
      await this.#act(step);
    } catch (error) {
      // Refused, failed or killed; what is left is looked at below.
      expect(messageOf(error)).not.toMatch(/is mounted already|undefined|expected/);
    }
    const { isKilled } = this.node.faults;
    this.node.faults.arm(null);
    if (isKilled) this.agent = await this.node.open();
    this.check();
  }

  async #act(step: Action): Promise<void> {
    const { pod, name, sandbox } = step;
    const container = `${pod}-${sandbox}`;
    if (step.kind === 'add') await this.agent.attach(askFor(this.node, pod, step.device, { interface: name, sandbox }));
    if (step.kind === 'del') {
      const who = { pod: step.knowsPod ? pod : null, container, interface: name };
      const other = this.agent.all().find((each) => each.pod.uid === pod && each.attachment.interface === name);
      await this.agent.detach(who, leaseOf(container, name));
      // A late DEL of the sandbox before takes nothing from the one that runs.
      if (other !== undefined && other.container !== container) expect(this.agent.all()).toContainEqual(other);
      else expect(this.agent.all()).not.toContainEqual(other);
    }
    if (step.kind === 'gc') {
      await this.agent.collect(
        'vdpa-net',
        (each) => each.container === container && each.attachment.interface === name,
      );
    }
    if (step.kind === 'restart') this.agent = await this.node.open();
    if (step.kind === 'pod gone') {
      this.node.removePod(pod);
      try {
        await this.agent.sweep();
      } finally {
        this.node.addPod(pod);
      }
    }
  }

  /** What holds whatever happened. */
  check(): void {
    const { mounts } = this.node;
    const attached = this.agent.all();
    expect(new Set(attached.map((record) => record.attachment.device)).size).toBe(attached.length);
    for (const { attachment } of attached) expect(mounts.onTop.has(attachment.device)).toBe(true);
    for (const device of mounts.onTop.keys()) expect(this.agent.holderOf(device)).not.toBeNull();
  }

  /** The runtime deletes whatever it ever made, twice, in any order. */
  async deleteAll(): Promise<void> {
    for (const pod of [...pods, ...pods]) {
      for (const name of names) {
        for (const sandbox of [2, 1]) {
          const container = `${pod}-${sandbox}`;
          await this.agent.detach({ pod, container, interface: name }, leaseOf(container, name));
        }
      }
    }
  }
}

it('leaves nothing behind and gives no device to two, whatever fails or is killed wherever', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 14 }), async (steps) => {
      round += 1;
      const root = join(folder(), String(round));
      mkdirSync(root);
      const world = await World.make(root);
      for (const step of steps) await world.do(step);
      await world.deleteAll();
      expect(world.node.traces()).toEqual([]);
      rmSync(root, { recursive: true });
    }),
    { numRuns: 300 },
  );
});

/** Attaches with each step going wrong in turn, until none is left that could. */
async function throughAllSteps(how: Fault['how']): Promise<number> {
  const node = new LabNode(join(folder(), how));
  node.addPod('pod-a');
  let agent = await node.open();
  for (let at = 1; ; at += 1) {
    node.faults.arm({ at, how });
    const failed = await agent.attach(askFor(node, 'pod-a', 'local0')).then(
      () => false,
      () => true,
    );
    const wasReached = node.faults.steps >= at;
    node.faults.arm(null);
    if (how === 'kill') agent = await node.open();
    // What failed may have done no harm, and who was killed may have been at the end.
    if (!failed || agent.all().length > 0) {
      await agent.detach({ pod: 'pod-a', container: 'pod-a-1', interface: 'net1' }, null);
    }
    expect(node.traces(), `${how} at ${at}`).toEqual([]);
    if (!wasReached) return at;
  }
}

it.each(['fail', 'kill'] as const)('undoes an attach with a %s at any of its steps', async (how) => {
  expect(await throughAllSteps(how)).toBeGreaterThan(25);
});
