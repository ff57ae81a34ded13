// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Client, type ClientReadableStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServingAgent, serveAgent } from '../../../dataplane/agent/serve.ts';
import type { BackendStatus } from '../../../dataplane/contract/backend-spec.ts';
import { loadServices } from '../../../dataplane/contract/grpc.ts';
import { deviceSocket, type RunDir, runDir, specFile, statusFile } from '../../../dataplane/contract/run-dir.ts';
import { identify } from '../../../src/process/process-table.ts';
import { backendSpec, kernelSpec, madeRunDir, putSpec } from '../../fixtures/backend-spec.ts';
import { scratch } from '../../fixtures/scratch.ts';
import { tinyDisk } from '../../fixtures/tiny-disk.ts';

const { folder } = scratch();
const node = loadServices().node.service;
let dir: RunDir;
let agent: ServingAgent | null = null;
let clients: Client[] = [];

async function serve(at = folder()): Promise<void> {
  dir = madeRunDir(at);
  agent = await serveAgent(dir);
}

function stop(): void {
  for (const client of clients) client.close();
  clients = [];
  agent?.stop();
  agent = null;
}

beforeEach(() => serve());
afterEach(stop);

function client(): Client {
  const made = new Client(`unix://${dir.grpcSocket}`, credentials.createInsecure());
  clients.push(made);
  return made;
}

const options = () => ({ deadline: Date.now() + 3_000 });

/** A method of the Node service, by the description that the project ships. */
function call(method: string, request: object = {}): Promise<unknown> {
  const definition = node[method];
  if (definition === undefined) throw new Error(`no method ${method}`);
  const { path, requestSerialize, responseDeserialize } = definition;
  return new Promise((resolve, reject) => {
    client().makeUnaryRequest(path, requestSerialize, responseDeserialize, request, options(), (error, response) => {
      if (error === null) resolve(response);
      else reject(error);
    });
  });
}

async function refusal(answer: Promise<unknown>): Promise<string> {
  const error = await answer.then(
    () => null,
    (thrown: ServiceError) => thrown,
  );
  return error === null ? 'OK' : `${status[error.code]} ${error.details}`;
}

const attach = (workload: string, device = '') => call('Attach', { workload, device });

function putStatus(device: string, change: Partial<BackendStatus>): void {
  const whole: BackendStatus = {
    schemaVersion: 'vdpactl/v1',
    device,
    state: 'running',
    ...(identify(process.pid) ?? { pid: null, startTicks: null }),
    restarts: 0,
    since: '2026-01-01T00:00:00.000Z',
    lastExit: null,
    specHash: '',
    cpu: null,
    counters: null,
    ...change,
  };
  writeFileSync(statusFile(dir, device), JSON.stringify(whole));
}

describe('the contract of 2019', () => {
  const bytes = (value: Buffer): Buffer => value;

  /** GetSocketpath without any description of ours: the bytes as a program of 2019 sends and reads them. */
  function getSocketpath(request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      client().makeUnaryRequest(
        '/vdpadpdk.VdpaDpdk/GetSocketpath',
        bytes,
        bytes,
        request,
        options(),
        (error, answer) => {
          if (error === null && answer !== undefined) resolve(answer);
          else reject(error);
        },
      );
    });
  }
  /** Field 1 of type string: tag 0x0a, the length, the text. */
  const field1 = (text: string): Buffer =>
    Buffer.concat([Buffer.from([0x0a, Buffer.byteLength(text)]), Buffer.from(text)]);

  it.each(['0000:82:00.2', '82:00.2', '0000:82:00.2'.toUpperCase()])(
    'answers the socket of %s in field 1',
    async (address) => {
      putSpec(dir, backendSpec('0000:82:00.2'));
      expect(await getSocketpath(field1(address))).toEqual(field1(deviceSocket(dir, '0000:82:00.2')));
    },
  );

  it('knows devices that are not on PCI, and passes over fields that it does not know', async () => {
    putSpec(dir, backendSpec('local0'));
    const unknown = Buffer.from([0x12, 0x01, 0x78, 0x18, 0x05]);
    expect(await getSocketpath(Buffer.concat([unknown, field1('local0')]))).toEqual(
      field1(deviceSocket(dir, 'local0')),
    );
  });

  it('answers the character device where the kernel hands one out', async () => {
    putSpec(dir, kernelSpec('0000:82:00.2', { path: '/dev/vhost-vdpa-5' }));
    expect(await getSocketpath(field1('0000:82:00.2'))).toEqual(field1('/dev/vhost-vdpa-5'));
  });

  it('says what is wrong with an address', async () => {
    putSpec(dir, backendSpec('0000:82:00.2'));
    expect(await refusal(getSocketpath(field1('0000:82:00.3')))).toBe(
      'NOT_FOUND there is no device 0000:82:00.3 on this node',
    );
    expect(await refusal(getSocketpath(field1('82:00')))).toBe(
      'INVALID_ARGUMENT "82:00" is neither a PCI address nor a device id',
    );
    expect(await refusal(getSocketpath(Buffer.alloc(0)))).toContain('INVALID_ARGUMENT ""');
    expect(await refusal(getSocketpath(Buffer.from([0x0a, 0x7f])))).not.toBe('OK');
  });
});

describe('attach and detach', () => {
  beforeEach(() => {
    for (const device of ['local0', 'local1']) putSpec(dir, backendSpec(device));
  });

  it('gives devices, the same ones again, and takes them back', async () => {
    const first = await attach('app');
    expect(first).toEqual({
      workload: 'app',
      device: 'local0',
      interface: 'net1',
      mac: '02:00:00:00:00:01',
      folder: join(dir.workloads, 'app'),
      socket: join(dir.workloads, 'app', 'net1', 'vhost.sock'),
    });
    expect(await attach('app', 'local0')).toEqual(first);
    const second = await attach('app', 'local1');
    expect(await call('ListAttachments')).toEqual({ attachments: [first, second] });
    expect(await call('ListDevices')).toMatchObject({
      devices: [
        { id: 'local0', backend: 'testpmd', workload: 'app' },
        { id: 'local1', workload: 'app' },
      ],
    });
    expect(await call('Detach', { workload: 'app', device: 'local0' })).toEqual({ devices: ['local0'] });
    expect(await call('Detach', { workload: 'app' })).toEqual({ devices: ['local1'] });
    expect(await call('Detach', { workload: 'app' })).toEqual({ devices: [] });
    expect(await call('ListAttachments')).toEqual({ attachments: [] });
  });

  it('refuses with a status that a program can act on', async () => {
    await attach('db', 'local1');
    expect(await refusal(attach('app', 'local9'))).toBe(
      'NOT_FOUND there is no device local9; offered are local0, local1',
    );
    expect(await refusal(attach('app', 'local1'))).toBe('FAILED_PRECONDITION local1 is attached to the workload db');
    await attach('app');
    expect(await refusal(attach('web'))).toMatch(
      /^RESOURCE_EXHAUSTED every device is attached: local0 by app, local1 by db/,
    );
    for (const workload of ['', '../app', 'App', 'a'.repeat(25)])
      expect(await refusal(attach(workload))).toMatch(/^INVALID_ARGUMENT .* is no name for a workload/);
    expect(await refusal(attach('app', 'no device'))).toMatch(/^INVALID_ARGUMENT "no device" is neither/);
    expect(await refusal(call('Detach', { workload: 'app', device: '/' }))).toMatch(/^INVALID_ARGUMENT/);
  });

  it('gives each device once to many who ask at the same time', async () => {
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((workload) => refusal(attach(workload))));
    expect(answers.filter((answer) => answer === 'OK')).toHaveLength(2);
    expect(answers.filter((answer) => answer.startsWith('RESOURCE_EXHAUSTED'))).toHaveLength(2);
  });

  it('remembers everything over a restart, and mends what the one before left half done', async () => {
    await attach('app', 'local1');
    const before = await call('ListAttachments');
    mkdirSync(join(dir.workloads, 'half', 'net1'), { recursive: true });
    stop();
    await serve();
    expect(await call('ListAttachments')).toEqual(before);
    expect(existsSync(join(dir.workloads, 'half'))).toBe(false);
  });

  it('keeps what another version gave to a workload, and gives it nothing besides', async () => {
    await attach('app', 'local0');
    const later = { schemaVersion: 'vdpactl/v2', workload: 'app' };
    writeFileSync(join(dir.workloads, 'app', 'attachments.json'), JSON.stringify(later));
    stop();
    await serve();
    expect(await call('ListAttachments')).toMatchObject({ attachments: [{ workload: 'app', device: 'local0' }] });
    expect(await refusal(attach('db', 'local0'))).toBe('FAILED_PRECONDITION local0 is attached to the workload app');
    expect(await refusal(attach('app', 'local1'))).toBe(
      'FAILED_PRECONDITION what app has was given by another version of vdpactl: detach it first',
    );
    expect(await call('Detach', { workload: 'app' })).toEqual({ devices: ['local0'] });
    expect(await attach('app', 'local1')).toMatchObject({ device: 'local1' });
  });

  it('answers a full disk with what is full, and goes on', async (test) => {
    const disk = tinyDisk(12 * 4096);
    if (disk === null) return test.skip('needs root, to mount a file system that is full');
    try {
      stop();
      await serve(disk.folder);
      putSpec(dir, backendSpec('local0'));
      expect(() => writeFileSync(join(disk.folder, 'ballast'), Buffer.alloc(1024 * 1024))).toThrow(/ENOSPC/);
      expect(await refusal(attach('app'))).toMatch(/^RESOURCE_EXHAUSTED \/.*: there is no room left on the device$/);
      rmSync(join(disk.folder, 'ballast'));
      expect(await attach('app')).toMatchObject({ device: 'local0' });
    } finally {
      stop();
      disk.remove();
    }
  });
});

describe('health', () => {
  const healthOf = async (device: string): Promise<unknown> => {
    putSpec(dir, backendSpec(device));
    return call('ListDevices');
  };

  it('is what the supervisor says, as long as the process table does not say otherwise', async () => {
    expect(await healthOf('local0')).toMatchObject({
      devices: [{ health: { state: 'stopped', pid: 0, restarts: 0 } }],
    });
    putStatus('local0', { restarts: 3 });
    expect(await healthOf('local0')).toMatchObject({
      devices: [{ health: { state: 'running', pid: process.pid, restarts: 3 } }],
    });
    putStatus('local0', { startTicks: 1 });
    expect(await healthOf('local0')).toMatchObject({ devices: [{ health: { state: 'stopped', pid: 0 } }] });
    putStatus('local0', { state: 'backing-off', pid: null, startTicks: null });
    expect(await healthOf('local0')).toMatchObject({ devices: [{ health: { state: 'backing-off', pid: 0 } }] });
    writeFileSync(statusFile(dir, 'local0'), 'damaged');
    expect(await healthOf('local0')).toMatchObject({ devices: [{ health: { state: 'stopped' } }] });
  });

  it('is told to those who watch: now, at each change, and when a device is gone', async () => {
    putSpec(dir, backendSpec('local0'));
    putStatus('local0', {});
    const definition = node['WatchHealth'];
    if (definition === undefined) throw new Error('no method WatchHealth');
    const stream: ClientReadableStream<{ device: string; state: string }> = client().makeServerStreamRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      {},
    );
    const told: string[] = [];
    stream.on('data', ({ device, state }) => told.push(`${device} ${state}`));
    stream.on('error', () => {});
    await expect.poll(() => told).toEqual(['local0 running']);
    putStatus('local0', { state: 'backing-off', pid: null, startTicks: null });
    await expect.poll(() => told.slice(1)).toEqual(['local0 backing-off']);
    putSpec(dir, backendSpec('local1'));
    await expect.poll(() => told.slice(2)).toEqual(['local1 stopped']);
    rmSync(specFile(dir, 'local0'));
    rmSync(statusFile(dir, 'local0'));
    await expect.poll(() => told.slice(3)).toEqual(['local0 stopped']);
    stream.cancel();
  });
});

describe('the socket', () => {
  it('is its owner’s alone, and the mask of the process is as before', async () => {
    expect(statSync(dir.grpcSocket).mode & 0o777).toBe(0o600);
    const mask = process.umask();
    expect(mask).not.toBe(0o177);
    expect(await call('GetInfo')).toEqual({ version: '0.0.0-test', pid: process.pid });
  });

  it('replaces one that a killed agent left, and is gone in the end', async () => {
    stop();
    expect(existsSync(dir.grpcSocket)).toBe(false);
    writeFileSync(dir.grpcSocket, 'left behind');
    await serve();
    expect(await call('GetInfo')).toMatchObject({ pid: process.pid });
  });

  it.each(['with space', 'per%20cent', 'hash#?', 'ü'])('works below a folder that is called %j', async (name) => {
    stop();
    await serve(join(folder(), name));
    expect(statSync(dir.grpcSocket).isSocket()).toBe(true);
    expect(await call('GetInfo')).toMatchObject({ pid: process.pid });
  });

  it('is not served where it cannot be made', async () => {
    stop();
    const mask = process.umask();
    await expect(serveAgent(runDir(join(folder(), 'no', 'such')))).rejects.toThrow();
    await expect(serveAgent(madeRunDir(join(folder(), 'x'.repeat(120))))).rejects.toMatchObject({
      code: 'VDPA-PATH-001',
    });
    expect(process.umask()).toBe(mask);
  });

  it('stands what does not speak its language', async () => {
    const socket = connect(dir.grpcSocket);
    socket.on('error', () => {}).resume();
    socket.write('GET / HTTP/1.0\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(await call('GetInfo')).toMatchObject({ pid: process.pid });
  });
});
