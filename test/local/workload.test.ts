// SPDX-License-Identifier: Apache-2.0
import { chmodSync, chownSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunningProgram } from './helpers/cli.ts';
import { startProgram } from './helpers/cli.ts';
import { describeLocal, type TestStack, useStack } from './helpers/stack.ts';

const receiveMs = 20_000;
const nobody = 65534;

/** An unmodified dpdk-testpmd on an attachment, started the way that `attach` says, behind `before`. */
function startTestpmd(stack: TestStack, command: string, before: readonly string[] = []): RunningProgram {
  const testpmd = ['dpdk-testpmd', '--lcores', '0@1,1@1', '-m', '64', '--no-telemetry', '--file-prefix', 'vdpactl-t'];
  const options = ['--auto-start', '--forward-mode=rxonly', '--total-num-mbufs=8192', '--stats-period', '1'];
  const argv = [...before, ...command.split(' '), 'stdbuf', '-oL', ...testpmd, '--', ...options];
  const [program = '', ...args] = argv;
  // Nothing of what a DPDK program keeps for itself outlives the test.
  const env = { ...process.env, RUNTIME_DIRECTORY: stack.cwd, XDG_RUNTIME_DIR: stack.cwd };
  return stack.own(startProgram([program, ...args], { cwd: stack.cwd, env }));
}

async function received(program: RunningProgram): Promise<number> {
  const count = () => Number([...program.stdout().matchAll(/RX-packets:\s+(\d+)/g)].at(-1)?.[1] ?? 0);
  await expect.poll(count, { timeout: receiveMs }).toBeGreaterThan(0);
  return count();
}

describeLocal('a DPDK program of the user', () => {
  const stack = useStack();

  async function attached() {
    const { command, ...rest } = await stack().attach('app');
    if (command === null) throw new Error('the preload library was not built');
    return { command, ...rest };
  }

  it('receives what comes over the wire', async () => {
    await stack().deploy(['--wire', 'null']);
    const { command, mac } = await attached();
    const program = startTestpmd(stack(), command);
    expect(await received(program)).toBeGreaterThan(0);
    expect(program.stdout().toLowerCase()).toContain(mac);
    expect((await stack().status()).devices).toMatchObject([{ state: 'running', workload: 'app' }]);
  });

  it('needs no privilege: it runs as nobody, without a capability', async () => {
    await stack().deploy(['--wire', 'null']);
    const { command, folder } = await attached();
    // What gives a workload its folder and its files on one machine is up to whoever starts it; in a pod it is the kubelet.
    chownSync(join(folder, 'net1'), nobody, nobody);
    chmodSync(stack().cwd, 0o777);
    const ealshim = /LD_PRELOAD=(\S+)/.exec(command)?.[1] ?? '';
    const copy = join(stack().cwd, 'libealshim.so');
    copyFileSync(ealshim, copy);
    const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--no-new-privs'];
    const program = startTestpmd(stack(), command.replace(ealshim, copy), [...asNobody, '--bounding-set=-all']);
    expect(await received(program)).toBeGreaterThan(0);
  });
});
