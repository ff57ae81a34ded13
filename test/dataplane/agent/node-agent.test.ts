// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type NodeAgent, startNodeAgent } from '../../../dataplane/agent/node-agent.ts';
import { encodeRequest } from '../../../dataplane/contract/cni-protocol.ts';
import { nodeFileSchema } from '../../../dataplane/contract/node-file.ts';
import { type RunDir, runDir } from '../../../dataplane/contract/run-dir.ts';
import { AgentClient } from '../../../src/local/agent-client.ts';
import { scratch } from '../../fixtures/scratch.ts';

const { folder } = scratch();
let dir: RunDir;
let said: string[];
let agent: NodeAgent;

/** A node without a device: nothing has to be mounted, so that no test needs to be root. */
const config = { apiVersion: 'vdpactl/v1', provider: 'aws' };

const start = async () => {
  agent = await startNodeAgent({
    dir,
    configFile: join(folder(), 'vdpactl.yaml'),
    env: {},
    log: (line) => said.push(line),
    cniBinary: join(folder(), 'plugin'),
    cniFolder: join(folder(), 'bin'),
    mountProgram: join(folder(), 'no-such-program'),
    devicePlugins: join(folder(), 'plugins'),
    podResources: join(folder(), 'pod-resources.sock'),
    healthPort: 0,
    shownAt: null,
  });
};

beforeEach(() => {
  dir = runDir(join(folder(), 'run'));
  said = [];
  mkdirSync(join(folder(), 'plugins'));
  writeFileSync(join(folder(), 'plugin'), '#!/bin/sh\n');
  writeFileSync(join(folder(), 'vdpactl.yaml'), JSON.stringify(config));
});
afterEach(() => agent.stop());

const page = async (path: string) => {
  const response = await fetch(`http://127.0.0.1:${agent.healthPort}${path}`);
  return { status: response.status, text: await response.text() };
};

function cni(command: string): Promise<string> {
  const env = { CNI_COMMAND: command, CNI_PATH: '/opt/cni/bin' };
  const stdin = JSON.stringify({ cniVersion: '1.1.0', name: 'n', type: 'vdpa' });
  return new Promise((resolve, reject) => {
    let answer = '';
    connect(dir.cniSocket)
      .on('data', (chunk) => {
        answer += chunk;
      })
      .on('end', () => resolve(answer))
      .on('error', reject)
      .write(encodeRequest(env, stdin));
  });
}

describe('the agent of a node without a device', () => {
  it('is ready, and says why there is none: on its page, in its file and in its log', async () => {
    await start();
    const { status, text } = await page('/readyz');
    expect([status, text]).toEqual([200, expect.stringMatching(/^ok\nnote: provider aws: no device: /)]);
    const file = nodeFileSchema.parse(JSON.parse(readFileSync(dir.node, 'utf8')));
    expect(file).toMatchObject({ provider: 'aws', advertisedBy: 'none', devices: [] });
    expect(file.problems).toEqual([expect.stringMatching(/^provider aws: no device: /)]);
    expect(said.join('\n')).toContain('node: provider aws: no device: ');
  });

  it('installs the CNI plugin, and answers it', async () => {
    await start();
    expect(statSync(join(folder(), 'bin', 'vdpa')).mode & 0o777).toBe(0o755);
    expect(await cni('STATUS')).toMatch(/^1 \d+\n.*"code":50.*this node offers no device/s);
    const { text } = await page('/metrics');
    expect(text).toContain('vdpactl_cni_calls_total{command="STATUS",code="50"} 1\n');
    expect(text).toContain('vdpactl_devices{state="running"} 0\n');
    expect(text).toContain('vdpactl_attachments 0\n');
  });

  it('answers over gRPC, and gives nothing to workloads that are no pods', async () => {
    await start();
    const client = new AgentClient(dir);
    try {
      expect(await client.devices()).toEqual([]);
      expect(await client.attachments()).toEqual([]);
      await expect(client.detach('app', null)).rejects.toMatchObject({
        message: expect.stringContaining('through CNI'),
      });
    } finally {
      client.close();
    }
  });

  it('is not ready where the plugin cannot be installed, or the config says nothing that it understands', async () => {
    writeFileSync(join(folder(), 'bin'), 'no folder');
    await start();
    expect(await page('/readyz')).toMatchObject({ status: 503, text: expect.stringContaining('is not installed') });
    await agent.stop();
    writeFileSync(join(folder(), 'vdpactl.yaml'), 'provider: [');
    await start();
    expect(await page('/readyz')).toMatchObject({ status: 503, text: expect.stringContaining('VDPA-CONFIG-') });
    expect((await page('/healthz')).status).toBe(200);
  });

  it('leaves no socket behind when it ends, and begins again where another has ended', async () => {
    await start();
    await agent.stop();
    expect([existsSync(dir.cniSocket), existsSync(dir.grpcSocket)]).toEqual([false, false]);
    await start();
    expect((await page('/readyz')).status).toBe(200);
  });
});
