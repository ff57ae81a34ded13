// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { describeLocal, type TestStack, useStack } from './helpers/stack.ts';

async function pids(stack: TestStack): Promise<Record<string, number | null>> {
  const { parts, devices } = await stack.status();
  return Object.fromEntries([
    ...parts.map(({ name, pid }) => [name, pid] as const),
    ...devices.map(({ device, pid }) => [device, pid] as const),
  ]);
}

describeLocal('a changed config', () => {
  const stack = useStack();

  it('starts, restarts and ends what differs and nothing else', async () => {
    await stack().deploy();
    const { local0, ...daemons } = await pids(stack());

    expect(await stack().deploy(['--devices', '2'])).toMatchObject({ changed: true });
    const two = await pids(stack());
    expect(two).toEqual({ ...daemons, local0, local1: expect.any(Number) });

    expect(await stack().deploy(['--devices', '1'])).toMatchObject({ changed: true });
    await expect.poll(() => stack().leftovers()).not.toContainEqual(expect.stringContaining('vdpactl-local1'));
    expect(await pids(stack())).toEqual({ ...daemons, local0 });

    stack().configure('local:\n  memoryMiB: 80\n');
    expect(await stack().deploy()).toMatchObject({ changed: true, stack: { memoryMiB: 80 } });
    const larger = await pids(stack());
    expect(larger).toEqual({ ...daemons, local0: expect.any(Number) });
    expect(larger['local0']).not.toBe(local0);
    expect((await stack().status()).devices).toMatchObject([{ restarts: 0, lastExit: null }]);
  });

  it('leaves an attachment in place when the backend behind it is restarted', async () => {
    await stack().deploy();
    const attached = await stack().attach('app');
    stack().configure('local:\n  memoryMiB: 80\n');
    await stack().deploy();
    expect((await stack().status()).devices).toMatchObject([{ workload: 'app' }]);
    expect(await stack().attach('app', ['--device', 'local0'])).toEqual(attached);
  });
});
