// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { cniCodes, toCniError } from '../../../dataplane/agent/cni/cni-error.ts';
import { installPlugin } from '../../../dataplane/agent/install-plugin.ts';
import { NodeSpecs } from '../../../dataplane/agent/node-specs/node-specs.ts';
import { nodeFileSchema } from '../../../dataplane/contract/node-file.ts';
import { podVolume } from '../../../dataplane/contract/pod-paths.ts';
import { type RunDir, runDir } from '../../../dataplane/contract/run-dir.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { decide } from '../../../src/providers/decide.ts';
import { nodeReport } from '../../fixtures/reports.ts';
import { scratch } from '../../fixtures/scratch.ts';
import { tinyDisk } from '../../fixtures/tiny-disk.ts';
import { askFor, LabNode, leaseOf } from './pod/lab-node.ts';

const { folder } = scratch();
const disk = tinyDisk(64 * 1024);
afterAll(() => disk?.remove());

/** Each place that an agent writes to, on a file system of its own: the others go on taking what they are given. */
describe.skipIf(disk === null)('of the places that an agent writes to, one', () => {
  const { fill, free, makeReadOnly, makeWritable } = disk ?? {
    fill() {},
    free() {},
    makeReadOnly() {},
    makeWritable() {},
  };
  const root = disk?.folder ?? '';

  beforeEach(() => {
    makeWritable();
    for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
  });

  /** Puts `path` on the file system. */
  function moveThere(path: string): void {
    rmSync(path, { recursive: true, force: true });
    symlinkSync(root, path);
  }

  describe.each<[string, (node: LabNode) => string]>([
    ['records', ({ dir }) => dir.attachments],
    ["pods' volumes", ({ paths }) => paths.pods],
    ['device information', ({ paths }) => paths.deviceInfo],
  ])('of %s', (_what, place) => {
    let node: LabNode;
    const who = (pod: string) => ({ pod, container: `${pod}-1`, interface: 'net1' });
    /** The code that the runtime is told; null: none. */
    const failureOf = (action: Promise<unknown>) =>
      action.then(
        () => null,
        (error: unknown) => toCniError(error).code,
      );
    const withoutFiller = () =>
      node.traces().filter((path) => !path.endsWith('/.filler') && path !== node.dir.attachments);

    beforeEach(() => {
      node = new LabNode(folder());
      moveThere(place(node));
      for (const pod of ['pod-a', 'pod-b']) node.addPod(pod);
    });

    it('is full: an ADD says so and leaves nothing, a DEL works, and with room again so does the ADD', async () => {
      const agent = await node.open();
      await agent.attach(askFor(node, 'pod-a', 'local0'));
      fill();
      const refused = await agent.attach(askFor(node, 'pod-b', 'local1')).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: cniCodes.io, message: 'there is no room left on the device' });
      expect(agent.all().map(({ pod }) => pod.uid)).toEqual(['pod-a']);
      expect(agent.holderOf('local1')).toBeNull();
      expect([...node.mounts.onTop.keys()]).toEqual(['local0']);
      expect([...node.leases.held]).toEqual(['pod-a-1/net1']);
      expect(readdirSync(podVolume(node.paths, 'pod-b'))).toEqual([]);
      await agent.detach(who('pod-a'), leaseOf('pod-a-1', 'net1'));
      expect(withoutFiller()).toEqual([]);
      fill();
      expect(await failureOf(agent.attach(askFor(node, 'pod-b', 'local1')))).toBe(cniCodes.io);
      free();
      await agent.attach(askFor(node, 'pod-b', 'local1'));
      await agent.detach(who('pod-b'), null);
      expect(withoutFiller()).toEqual([]);
    });

    it('is read-only: nothing is lost, also to the next agent, and all goes once it is writable', async () => {
      const agent = await node.open();
      await agent.attach(askFor(node, 'pod-a', 'local0'));
      makeReadOnly();
      const refused = await agent.attach(askFor(node, 'pod-b', 'local1')).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: cniCodes.io, message: 'the file system is read-only' });
      expect(await failureOf(agent.detach(who('pod-a'), null))).toBe(cniCodes.io);
      const next = await node.open();
      expect(await failureOf(next.attach(askFor(node, 'pod-b', 'local0')))).not.toBeNull();
      makeWritable();
      await next.detach(who('pod-b'), null);
      await next.detach(who('pod-a'), null);
      expect(withoutFiller()).toEqual([]);
      await next.attach(askFor(node, 'pod-b', 'local0'));
      await next.detach(who('pod-b'), null);
    });
  });

  describe.each<[string, () => void, RegExp]>([
    ['full', fill, /there is no room left/],
    ['read-only', makeReadOnly, /is read-only/],
  ])('is %s:', (_how, spoil, message) => {
    it('the folder of CNI plugins keeps the one that it has, and gets the next when it can', () => {
      const [dir, bin, binary] = [runDir(join(folder(), 'run')), join(root, 'bin'), join(folder(), 'plugin')];
      writeFileSync(binary, 'one');
      installPlugin(dir, binary, bin);
      writeFileSync(binary, 'two'.repeat(4096));
      spoil();
      expect(() => installPlugin(dir, binary, bin)).toThrow(message);
      expect(readdirSync(bin)).toEqual(['vdpa']);
      expect(readFileSync(join(bin, 'vdpa'), 'utf8')).toBe('one');
      makeWritable();
      free();
      expect(installPlugin(dir, binary, bin)).toBe(true);
      expect(readFileSync(join(bin, 'vdpa'), 'utf8')).toBe('two'.repeat(4096));
    });

    it('the list of what is installed does not let a plugin be installed that it does not name', () => {
      const [dir, bin, binary] = [runDir(join(root, 'run')), join(folder(), 'bin'), join(folder(), 'plugin')];
      writeFileSync(binary, 'one');
      installPlugin(dir, binary, bin);
      writeFileSync(binary, 'two');
      spoil();
      expect(() => installPlugin(dir, binary, bin)).toThrow(message);
      expect(readFileSync(join(bin, 'vdpa'), 'utf8')).toBe('one');
      expect(readFileSync(join(dir.root, 'installed.json'), 'utf8')).toContain('"vdpactl/v1"');
      makeWritable();
      free();
      expect(installPlugin(dir, binary, bin)).toBe(true);
    });

    it('the folder of backends offers what it can, says why not more, and offers it when it can', async () => {
      const dir = runDir(join(folder(), 'run'));
      mkdirSync(dir.root);
      moveThere(dir.backends);
      const specs = specsOf(dir);
      spoil();
      expect(await specs.refresh()).toBe(false);
      expect(specs.offered).toEqual([]);
      expect(specs.problems).toEqual([0, 1].map((index) => expect.stringMatching(`^local${index}: VDPA-DISK-001: .*`)));
      expect(specs.problems[0]).toMatch(message);
      expect(readdirSync(root).filter((name) => name !== '.filler')).toEqual([]);
      makeWritable();
      free();
      expect(await specs.refresh()).toBe(true);
      expect(specs.offered.map(({ device }) => device)).toEqual(['local0', 'local1']);
    });

    it('the file of what is offered is written as soon as it can, and does not keep a device from being offered', async () => {
      const dir = runDir(root);
      const backends = join(folder(), 'backends');
      mkdirSync(backends);
      symlinkSync(backends, dir.backends);
      const specs = specsOf(dir);
      spoil();
      expect(await specs.refresh()).toBe(false);
      expect(specs.offered).toHaveLength(2);
      expect(existsSync(dir.node)).toBe(false);
      makeWritable();
      free();
      expect(await specs.refresh()).toBe(true);
      expect(nodeFileSchema.parse(JSON.parse(readFileSync(dir.node, 'utf8'))).devices).toEqual(['local0', 'local1']);
    });
  });

  function specsOf(dir: RunDir): NodeSpecs {
    const config = configSchema.parse({ provider: 'local', local: { devices: 2, memoryMiB: 64 } });
    const report = nodeReport();
    return new NodeSpecs({
      dir,
      look: async () => ({ report, decision: decide(report, config), config }),
      prepare: async () => {},
      store: { holderOf: () => null, prepareDevice: async () => {}, removeDevice: async () => true },
      isRunning: () => true,
      log: () => {},
    });
  }
});
