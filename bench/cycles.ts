// SPDX-License-Identifier: Apache-2.0
// Attaches and takes away thousands of times, and looks for what is left: the CNI plugin in C as a runtime starts it, the
// agent as it is bundled (npm run build), kernel mounts, addresses of host-local, and a network name space for each pod. In
// between, calls come twice, without a name space or after the pod, and the agent is killed. Needs root.
//
//   npm run bench:cycles [-- CYCLES [SEED [KILL_EVERY]]]
//
// KILL_EVERY 0: one agent lives for all of them, which shows whether its memory levels off.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { quantile } from '../src/bench/statistics.ts';
import { runBytes } from '../src/process/run.ts';
import { schemaVersion } from '../src/schema-version.ts';
import { BareNode } from '../test/cluster/cni/bare-node.ts';
import { processHoldings } from '../test/cluster/helpers/process-holdings.ts';
import { machineText } from './machine.ts';

const cycles = Number(process.argv[2] ?? 10_000);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const lanes = 4;
/** Name spaces are made and removed by one program for so many. */
const batch = 100;
/** What the agent holds is compared from here on: it has loaded everything by then. */
const warmUp = Math.min(batch * 5, cycles);
/** The agent is killed after so many; 0: never. */
const killEvery = Number(process.argv[4] ?? 2_500);
/** What the agent holds is looked at this often. */
const sampleEvery = 1_000;
const timeLimitMs = 10_000;

const plugins = '/usr/lib/cni';
const hasHostLocal = existsSync(join(plugins, 'host-local'));
const random = generator(seed);
const times = { ADD: [] as number[], DEL: [] as number[] };
const counts = { calls: 0, addedTwice: 0, deletedTwice: 0, withoutNetns: 0, goneBefore: 0, kills: 0 };

const node = await BareNode.start(lanes);
try {
  let agent = await node.startAgent();
  let first = processHoldings(`/proc/${agent.pid}`);
  const residentMiB: Record<number, number> = {};
  for (let done = 0; done < cycles; ) {
    const count = Math.min(batch, cycles - done);
    const names = Array.from({ length: count }, (_, index) => `pod-${done + index}`);
    await networks('add', names);
    const waiting = [...names];
    await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await cycle(name, `local${lane}`);
      }),
    );
    await networks('del', node.names('/run/netns'));
    done += count;
    if (done % sampleEvery === 0) residentMiB[done] = processHoldings(`/proc/${agent.pid}`).residentMiB;
    if (killEvery > 0 && done % killEvery === 0 && done < cycles) {
      await node.killAgent();
      agent = await node.startAgent();
      counts.kills += 1;
    }
    if (done <= warmUp || (killEvery > 0 && done % killEvery === warmUp)) first = processHoldings(`/proc/${agent.pid}`);
  }
  const left = leftOver();
  const last = processHoldings(`/proc/${agent.pid}`);
  const doc = {
    schemaVersion,
    kind: 'cycles',
    conditions: machineText(),
    cycles,
    seed,
    counts,
    addresses: hasHostLocal ? 'host-local' : 'none',
    add: summary(times.ADD),
    del: summary(times.DEL),
    agent: { after: first, atTheEnd: last, residentMiB },
    left,
  };
  process.stdout.write(`${JSON.stringify(doc, null, 2)}\n`);
  const leaks = left.length > 0 || last.openFiles > first.openFiles || last.mounts > first.mounts;
  if (leaks || last.residentMiB > 80) process.exitCode = 1;
} finally {
  await node.stop();
}

/** One pod comes and goes, in one of the ways in which that happens. */
async function cycle(name: string, device: string): Promise<void> {
  node.addPod(name);
  await call('ADD', name, device);
  if (random() < 0.1) {
    counts.addedTwice += 1;
    await call('ADD', name, device);
  }
  const way = random();
  // Kubelet removed the pod before any DEL came.
  if (way < 0.1) {
    counts.goneBefore += 1;
    node.removePod(name);
  } else if (way < 0.2) counts.withoutNetns += 1;
  await call('DEL', name, device, way >= 0.1 && way < 0.2 ? { CNI_NETNS: '' } : {});
  if (random() < 0.1) {
    counts.deletedTwice += 1;
    await call('DEL', name, device);
  }
  if (way >= 0.1) node.removePod(name);
}

/** From the start of the plugin to its end, as the runtime sees it. */
async function call(command: 'ADD' | 'DEL', pod: string, device: string, change: NodeJS.ProcessEnv = {}) {
  const env = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: `container-of-${pod}`,
    CNI_NETNS: `/run/netns/${pod}`,
    CNI_IFNAME: 'net1',
    CNI_PATH: plugins,
    CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=${pod};K8S_POD_UID=${pod}`,
    VDPA_CNI_SOCKET: node.path('/run/vdpa/cni.sock'),
    ...change,
  };
  const config = {
    ...{ cniVersion: '1.0.0', name: 'vdpa-net', type: 'vdpa', deviceID: device },
    runtimeConfig: { CNIDeviceInfoFile: `/var/run/k8s.cni.cncf.io/devinfo/cni/${pod}.json` },
    ...(hasHostLocal ? { ipam: { type: 'host-local', subnet: '10.56.0.0/16' } } : {}),
  };
  const began = performance.now();
  const options = { env, input: JSON.stringify(config), timeoutMs: timeLimitMs };
  const result = await runBytes(node.path('/opt/cni/bin/vdpa'), [], options);
  times[command].push(performance.now() - began);
  counts.calls += 1;
  const said = Buffer.from(result.stdout).toString('utf8');
  if (result.exitCode !== 0) throw new Error(`${command} of ${pod} (seed ${seed}): ${said}${result.failure ?? ''}`);
}

async function networks(what: 'add' | 'del', names: readonly string[]): Promise<void> {
  await node.ok('sh', '-c', `for each; do ip netns ${what} "$each" || exit; done`, 'sh', ...names);
}

/** Every trace of pods on the node: all of them are gone. */
function leftOver(): string[] {
  return [
    ...node.names('/run/vdpa/attachments').map((uid) => `record of ${uid}`),
    ...node.attachmentMounts().map((at) => `mount ${at}`),
    ...node.names('/run/k8s.cni.cncf.io/devinfo/cni').map((file) => `device information ${file}`),
    ...node.names('/var/lib/cni/networks/vdpa-net').flatMap((name) => (/^\d/.test(name) ? [`address ${name}`] : [])),
    ...node.names('/var/lib/kubelet/pods').map((uid) => `folder of ${uid}`),
  ];
}

function summary(values: readonly number[]) {
  const at = (share: number) => Number(quantile(values, share).toFixed(2));
  return { medianMs: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

/** A small seeded generator, so that a failing run can be run again. */
function generator(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
