// SPDX-License-Identifier: Apache-2.0
// How long the agent takes to give a device to a pod and to take it back: from the request on cni.sock to the answer, with
// real mounts and all files, as root on a machine that is otherwise idle. One at a time, and a hundred at once.
//
//   npm run bench:attach [-- ROUNDS]
import { mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { cpus, loadavg } from 'node:os';
import { startCniService } from '../dataplane/agent/cni/service.ts';
import { KernelMounts } from '../dataplane/agent/pod/device-mounts.ts';
import { nodeFiles } from '../dataplane/agent/pod/files.ts';
import { mountPrograms } from '../dataplane/agent/pod/mount-programs.ts';
import type { Mounter } from '../dataplane/agent/pod/mounter.ts';
import { PodAttachments } from '../dataplane/agent/pod/pod-attachments.ts';
import { encodeRequest } from '../dataplane/contract/cni-protocol.ts';
import { podVolume } from '../dataplane/contract/pod-paths.ts';
import { runDir } from '../dataplane/contract/run-dir.ts';
import { quantile } from '../src/bench/statistics.ts';
import { schemaVersion } from '../src/schema-version.ts';
import { builtHelper, mountPlace } from '../test/dataplane/agent/pod/real-mounts.ts';
import { backendSpec } from '../test/fixtures/backend-spec.ts';

const atOnce = 100;
const rounds = Number(process.argv[2] ?? 300);
const specs = Array.from({ length: atOnce }, (_, index) => backendSpec(`local${index}`));

const place = mountPlace();
if (place === null) throw new Error('this needs root, to mount');
try {
  const { folder } = place;
  const helper = await builtHelper(folder);
  const doc = {
    schemaVersion,
    kind: 'attach',
    conditions: {
      cpu: /^model name\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown',
      cpus: cpus().length,
      kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
      node: process.version,
      // Above the number of CPUs the machine is overcommitted, and waiting for one is part of every figure.
      loadBefore: loadavg()[0],
      rounds,
      atOnce,
    },
    'vdpa-mount': helper === null ? null : await measure(`${folder}/helper`, helper),
    'mount(8)': await measure(`${folder}/programs`, mountPrograms()),
  };
  process.stdout.write(`${JSON.stringify(doc, null, 2)}\n`);
} finally {
  place.remove();
}

async function measure(root: string, mounter: Mounter) {
  const dir = runDir(`${root}/run`);
  const paths = { pods: `${root}/pods`, deviceInfo: `${root}/devinfo` };
  for (const path of [dir.root, paths.deviceInfo]) mkdirSync(path, { recursive: true });
  for (let pod = 0; pod < atOnce; pod += 1) mkdirSync(podVolume(paths, `pod-${pod}`), { recursive: true });
  const store = await PodAttachments.open({ dir, paths, mounts: new KernelMounts(dir, nodeFiles, mounter) });
  for (const { device } of specs) await store.prepareDevice(device);
  const service = await startCniService({ dir, store, devices: () => specs, deviceInfoFolder: paths.deviceInfo });
  const call = (command: string, pod: number) => timed(dir.cniSocket, command, pod, paths.deviceInfo);

  for (let round = 0; round < 20; round += 1) for (const command of ['ADD', 'DEL']) await call(command, 0);
  const one = { add: [] as number[], del: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    one.add.push(await call('ADD', round % atOnce));
    one.del.push(await call('DEL', round % atOnce));
  }
  const many = { add: [] as number[], del: [] as number[] };
  const all = Array.from({ length: atOnce }, (_, pod) => pod);
  for (let round = 0; round < Math.max(3, rounds / 50); round += 1) {
    many.add.push(...(await Promise.all(all.map((pod) => call('ADD', pod)))));
    many.del.push(...(await Promise.all(all.map((pod) => call('DEL', pod)))));
  }
  await service.stop();
  mounter.stop();
  return {
    oneAtATime: { attach: summary(one.add), detach: summary(one.del) },
    hundredAtOnce: { attach: summary(many.add), detach: summary(many.del) },
  };
}

/** Milliseconds from the connection to the end of the answer. */
function timed(socket: string, command: string, pod: number, deviceInfo: string): Promise<number> {
  const env = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: `container-${pod}`,
    CNI_NETNS: '/var/run/netns/x',
    CNI_IFNAME: 'net1',
    CNI_PATH: '/opt/cni/bin',
    CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=pod-${pod};K8S_POD_UID=pod-${pod}`,
  };
  const config = {
    cniVersion: '1.0.0',
    name: 'vdpa-net',
    type: 'vdpa',
    deviceID: `local${pod}`,
    runtimeConfig: { CNIDeviceInfoFile: `${deviceInfo}/pod-${pod}.json` },
  };
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const client = connect(socket);
    let text = '';
    client.on('data', (chunk) => {
      text += chunk.toString();
    });
    client.on('error', reject);
    client.on('end', () => {
      client.end();
      if (text.startsWith('0 ')) resolve(performance.now() - began);
      else reject(new Error(text));
    });
    client.write(encodeRequest(env, JSON.stringify(config)));
  });
}

function summary(values: readonly number[]) {
  const at = (share: number) => Number(quantile(values, share).toFixed(2));
  return { medianMs: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
