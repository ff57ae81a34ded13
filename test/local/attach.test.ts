// SPDX-License-Identifier: Apache-2.0
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { attachmentsFileSchema } from '../../dataplane/contract/attachment.ts';
import { transcript } from './helpers/cli.ts';
import { detachShape } from './helpers/documents.ts';
import { describeLocal, useStack } from './helpers/stack.ts';
import { VdpaDpdkClient } from './helpers/vdpa-dpdk-client.ts';

const refused = { code: 'VDPA-AGENT-002', exit: 5 };

describeLocal('attach and detach', () => {
  const stack = useStack();

  it('says how to go on where the preload library cannot be built', async () => {
    await stack().deploy();
    const env = { ...process.env, PATH: '/nowhere', XDG_CACHE_HOME: join(stack().cwd, 'cache') };
    const result = await stack().run('attach', ['app', '-o', 'json'], { env });
    expect(result.code, transcript(result)).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({ device: 'local0', command: null });
    expect(result.stderr).toContain('VDPA-DPDK-002');
    const again = await stack().run('attach', ['app', '--device', 'local0'], { env });
    expect(again.stdout).toContain(`PROGRAM $(cat ${stack().root}/workloads/app/eal.args)`);
  });

  it('gives devices to workloads, each to one, and takes them back', async () => {
    await stack().deploy(['--devices', '2']);
    const { root } = stack();

    const first = await stack().attach('app', ['--device', 'local0']);
    expect(first).toMatchObject({
      workload: 'app',
      device: 'local0',
      interface: 'net1',
      folder: `${root}/workloads/app`,
    });
    expect(await stack().attach('app', ['--device', 'local0']), 'the same answer twice').toEqual(first);
    const lines = readFileSync(first.ealArgs, 'utf8').trimEnd().split('\n');
    expect(lines[0]).toBe(
      `--vdev=net_virtio_user0,path=${first.socket},server=1,mac=${first.mac},queues=1,queue_size=1024`,
    );
    const attachments = attachmentsFileSchema.parse(
      JSON.parse(readFileSync(join(first.folder, 'attachments.json'), 'utf8')),
    );
    expect(attachments.attachments).toMatchObject([{ device: 'local0', interface: 'net1', mac: first.mac }]);

    const taken = await stack().refused('attach', ['other', '--device', 'local0'], refused);
    expect(taken.message).toContain('app');
    expect(await stack().attach('other')).toMatchObject({ device: 'local1', interface: 'net1' });
    const full = await stack().refused('attach', ['third'], refused);
    expect(full.message).toContain('local0 by app, local1 by other');
    await stack().refused('attach', ['third', '--device', 'local7'], refused);
    await stack().refused('attach', ['No Name'], refused);
    await stack().refused('attach', ['../app'], refused);
    expect((await stack().status()).devices).toMatchObject([{ workload: 'app' }, { workload: 'other' }]);

    expect(await stack().json(detachShape, 'detach', ['other'])).toMatchObject({ devices: ['local1'] });
    expect(await stack().json(detachShape, 'detach', ['other'])).toMatchObject({ devices: [] });
    expect(await stack().attach('app')).toMatchObject({ device: 'local1', interface: 'net2' });
    expect(await stack().json(detachShape, 'detach', ['app', '--device', 'local0'])).toMatchObject({
      devices: ['local0'],
    });
    expect(await stack().json(detachShape, 'detach', ['app'])).toMatchObject({ devices: ['local1'] });
    expect((await stack().status()).devices).toMatchObject([{ workload: null }, { workload: null }]);
  });

  it('answers over gRPC as in 2019', async () => {
    await stack().deploy();
    const { dir } = stack();
    expect(statSync(dir.grpcSocket).mode & 0o777).toBe(0o600);
    const client = new VdpaDpdkClient(dir.grpcSocket);
    stack().onEnd(() => client.close());
    expect(await client.getSocketpath('local0')).toBe(join(dir.devices, 'local0', 'vhost.sock'));
    expect(await client.statusOf('local9')).toBe(status.NOT_FOUND);
    expect(await client.statusOf('0000:03:00.0')).toBe(status.NOT_FOUND);
    for (const malformed of ['', ' ', 'LOCAL0', '0000:03:00', '../../etc/passwd', 'local0\n', 'ä']) {
      expect(await client.statusOf(malformed), JSON.stringify(malformed)).toBe(status.INVALID_ARGUMENT);
    }
  });

  it('needs a stack', async () => {
    await stack().refused('attach', ['app'], { code: 'VDPA-DEPLOY-001', exit: 5 });
    await stack().refused('detach', ['app'], { code: 'VDPA-DEPLOY-001', exit: 5 });
  });

  it('says in words what the documents say', async () => {
    await stack().deploy();
    const attached = await stack().run('attach', ['app']);
    expect(attached.code, transcript(attached)).toBe(0);
    expect(attached.stdout).toContain('local0 is net1 of app');
    const detached = await stack().run('detach', ['app']);
    expect(detached.stdout).toBe('took back local0 from app\n');
    expect((await stack().run('detach', ['app'])).stdout).toBe('app had nothing attached\n');
  });
});
