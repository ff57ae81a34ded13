// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CniError, cniCodes } from '../../../../dataplane/agent/cni/cni-error.ts';
import { type CniService, startCniService } from '../../../../dataplane/agent/cni/service.ts';
import type { PodAttachments } from '../../../../dataplane/agent/pod/pod-attachments.ts';
import { encodeRequest } from '../../../../dataplane/contract/cni-protocol.ts';
import { backendSpec } from '../../../fixtures/backend-spec.ts';
import { scratch } from '../../../fixtures/scratch.ts';
import { LabNode } from '../pod/lab-node.ts';
import { environment, network } from './call.ts';

const { folder } = scratch();
const specs = Array.from({ length: 100 }, (_, index) => backendSpec(`local${index}`));
let lab: LabNode;
let store: PodAttachments;
let service: CniService;
let log: string[];

beforeEach(async () => {
  lab = new LabNode(folder());
  for (let pod = 0; pod < 100; pod += 1) lab.addPod(`pod-${pod}`);
  store = await lab.open();
  log = [];
  service = await startCniService({
    dir: lab.dir,
    store,
    devices: () => specs,
    ipam: lab.leases,
    deviceInfoFolder: lab.paths.deviceInfo,
    log: (line) => log.push(line),
    podsFolder: lab.paths.pods,
  });
});
afterEach(() => service.stop());

function call(command: string, pod: number, device = pod): Promise<{ exitCode: string; json: { code?: number } }> {
  const env = environment({
    CNI_COMMAND: command,
    CNI_CONTAINERID: `c${pod}`,
    CNI_ARGS: `K8S_POD_UID=pod-${pod};K8S_POD_NAMESPACE=default;K8S_POD_NAME=pod-${pod}`,
  });
  const config = network({ deviceID: `local${device}`, ipam: { type: 'x' } });
  return new Promise((resolve, reject) => {
    const client = connect(lab.dir.cniSocket);
    let text = '';
    client.on('data', (chunk) => {
      text += chunk.toString();
    });
    client.on('error', reject);
    client.on('close', () => {
      const body = text.slice(text.indexOf('\n') + 1);
      resolve({ exitCode: text.slice(0, 1), json: body === '' ? {} : JSON.parse(body) });
    });
    client.end(encodeRequest(env, JSON.stringify(config)));
  });
}
const all = (command: string) => Promise.all(Array.from({ length: 100 }, (_, pod) => call(command, pod)));

describe('the service', () => {
  it('attaches a hundred pods at once and takes them away again', async () => {
    for (const { exitCode } of await all('ADD')) expect(exitCode).toBe('0');
    expect(store.all()).toHaveLength(100);
    for (const { exitCode } of await all('DEL')) expect(exitCode).toBe('0');
    expect(lab.traces()).toEqual([]);
  });

  it('gives one device to one of a hundred pods that want it, and tells the others who has it', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, pod) => call('ADD', pod, 7)));
    expect(answers.filter(({ exitCode }) => exitCode === '0')).toHaveLength(1);
    const refused = answers.filter(({ json }) => json.code === cniCodes.deviceTaken);
    expect(refused).toHaveLength(99);
    expect(refused[0]?.json).toMatchObject({ msg: expect.stringMatching(/attached to pod default\/pod-\d+$/) });
  });

  it('takes a DEL that overtakes its ADD after it', async () => {
    await Promise.all([call('ADD', 1), call('DEL', 1), call('ADD', 2), call('DEL', 2), call('DEL', 2)]);
    expect(lab.traces()).toEqual([]);
  });

  it('undoes an ADD to which the plugin for addresses says no', async () => {
    lab.leases.add = async () => {
      expect(lab.mounts.attached()).toEqual(['local1']);
      throw new CniError(11, 'IPAM plugin x: later');
    };
    expect((await call('ADD', 1)).json).toMatchObject({ code: 11 });
    expect(lab.traces()).toEqual([]);
  });

  it('sweeps by itself when a pod goes, and logs a line for each call', async () => {
    await call('ADD', 1);
    lab.removePod('pod-1');
    await expect.poll(() => lab.traces()).toEqual([]);
    expect(log[0]).toMatch(/^cni: ADD c1 net1: done \(\d+\.\d ms\)$/);
  });

  it('sweeps now and again where it cannot hear of pods', async () => {
    await service.stop();
    const paths = { deviceInfoFolder: lab.paths.deviceInfo, podsFolder: `${lab.paths.pods}/none` };
    const log: string[] = [];
    const options = { dir: lab.dir, store, devices: () => specs, ipam: lab.leases, ...paths };
    service = await startCniService({ ...options, sweepMs: 20, log: (line) => log.push(line) });
    expect(log).toEqual([expect.stringContaining('pods that go are seen by the next sweep only: ')]);
    await call('ADD', 1);
    lab.removePod('pod-1');
    await expect.poll(() => lab.traces()).toEqual([]);
  });
});
