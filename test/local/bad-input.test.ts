// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startProgram } from './helpers/cli.ts';
import { installedCopy } from './helpers/installed-copy.ts';
import { addVeth, defaultRouteInterface, removeVeth, vethNames } from './helpers/interfaces.ts';
import { checkRefusal, describeLocal, useStack } from './helpers/stack.ts';

const usage = { code: 'VDPA-USAGE-001', exit: 2 };

describeLocal('bad input', () => {
  const stack = useStack();

  it('on the command line is named', async () => {
    expect((await stack().refused('deploy', ['--bogus'], usage)).message).toContain('--bogus');
    expect((await stack().refused('deploi', [], usage)).message).toContain('Did you mean deploy?');
    expect((await stack().refused('deploy', ['--devices', '0'], usage)).message).toContain('from 1 to 16');
    expect((await stack().refused('bench', ['--frame-size', '63'], usage)).message).toContain('from 64 to 1518');
    expect((await stack().refused('attach', [], usage)).message).toContain('workload');
    expect(await stack().leftovers()).toEqual([]);
  });

  it('in the config is named by line, column and the nearest right key', async () => {
    stack().configure('local:\n  devices: 1\n  memoryMib: 64\n');
    const unknown = await stack().refused('deploy', [], { code: 'VDPA-CONFIG-003', exit: 2 });
    expect(unknown.where).toMatch(/vdpactl\.yaml:3:3$/);
    expect(unknown.message).toContain('memoryMiB');
    stack().configure('local: [\n');
    const broken = await stack().refused('deploy', [], { code: 'VDPA-CONFIG-002', exit: 2 });
    expect(broken.where).toMatch(/vdpactl\.yaml:\d+:\d+$/);
    await stack().refused('bench', ['-c', 'nowhere.yaml'], { code: 'VDPA-CONFIG-001', exit: 2 });
    stack().configure('local:\n  cpus: [1000]\n');
    const cpu = await stack().refused('deploy', [], { code: 'VDPA-CONFIG-003', exit: 2 });
    expect(cpu.message).toContain('1000');
  });
});

describeLocal('a machine that is not ready', () => {
  const stack = useStack();

  it('has no root', async () => {
    const cli = installedCopy(stack().cwd);
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, cli] as const;
    for (const command of [['deploy'], ['status'], ['bench'], ['destroy'], ['attach', 'app'], ['detach', 'app']]) {
      const argv = [...command, '--run-dir', stack().root, '-o', 'json'];
      const program = startProgram(['setpriv', ...nobody.slice(1), ...argv], { cwd: stack().cwd });
      checkRefusal(await stack().own(program).ended, { code: 'VDPA-ROOT-001', exit: 5 });
    }
    expect(await stack().leftovers()).toEqual([]);
  });

  it('has no DPDK', async () => {
    const bin = join(stack().cwd, 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    const env = { ...process.env, PATH: bin, VDPACTL_TESTPMD: undefined };
    const error = await stack().refused('deploy', [], { code: 'VDPA-DPDK-001', exit: 5 }, { env });
    expect(error.next).toContain('apt-get install');
    expect(await stack().leftovers()).toEqual([]);
  });

  it('has too few huge pages, and is told how many are missing', async () => {
    stack().configure('local:\n  memoryMiB: 16384\n  devices: 16\n');
    const error = await stack().refused('deploy', [], { code: 'VDPA-HUGE-001', exit: 5 });
    expect(error.next).toMatch(/set aside \d+ more: echo \d+ > \/sys\/kernel\/mm\/hugepages\//);
    expect(error.message).toContain('262144 MiB for 16 processes');
    expect(await stack().leftovers()).toEqual([]);

    stack().configure('local:\n  memoryMiB: 64\nbench:\n  memoryMiB: 16384\n');
    await stack().deploy();
    const bench = await stack().refused('bench', [], { code: 'VDPA-HUGE-001', exit: 5 });
    expect(bench.message).toContain('32960 MiB for 2 processes');
    expect(existsSync(join(stack().cwd, 'vdpactl-reports'))).toBe(false);
  });
});

describeLocal('an interface that cannot be the wire', () => {
  const stack = useStack();

  it('is an uplink: nothing touches it', async () => {
    for (const name of new Set(['lo', defaultRouteInterface() ?? 'lo'])) {
      const refused = { code: 'VDPA-UPLINK-001', exit: 5 };
      const error = await stack().refused('deploy', ['--interface', name], refused);
      expect(error.where).toBe(name);
      stack().configure(`local:\n  wire: af_packet\n  interface: ${name}\n`);
      await stack().refused('deploy', [], refused);
      stack().configure('');
    }
    expect(await stack().leftovers()).toEqual([]);
  });

  it('is not there, or is down', async (context) => {
    const wrong = { code: 'VDPA-WIRE-001', exit: 2 };
    expect((await stack().refused('deploy', ['--interface', 'nosuch0'], wrong)).where).toBe('nosuch0');
    if (!addVeth()) return context.skip('this machine makes no veth pairs');
    stack().onEnd(removeVeth);
    const down = await stack().refused('deploy', ['--interface', vethNames[0]], wrong);
    expect(down.next).toContain(`ip link set ${vethNames[0]} up`);
    expect(await stack().leftovers()).toEqual([]);
  });
});

describeLocal('a run directory that cannot be used', () => {
  const stack = useStack();
  const refused = { code: 'VDPA-RUNDIR-001', exit: 5 };

  it('leads to socket paths that are too long', async () => {
    const long = `${stack().root}-${'x'.repeat(60)}`;
    const error = await stack().refused('deploy', ['--run-dir', long], { code: 'VDPA-PATH-001', exit: 2 });
    expect(error.next).toMatch(/at least \d+ bytes shorter/);
    expect(await stack().leftovers()).toEqual([]);
  });

  it('holds what is not ours, or is none: it stays as it is', async () => {
    const { root } = stack();
    stack().onEnd(() => rmSync(root, { recursive: true, force: true }));
    mkdirSync(root);
    writeFileSync(join(root, 'mine'), 'precious');
    const error = await stack().refused('deploy', [], refused);
    expect(error.message).toContain('mine');
    await stack().refused('destroy', [], refused);
    expect(readdirSync(root)).toEqual(['mine']);
    expect(readFileSync(join(root, 'mine'), 'utf8')).toBe('precious');
    rmSync(root, { recursive: true });

    writeFileSync(root, 'a file');
    await stack().refused('deploy', [], refused);
    await stack().refused('destroy', [], refused);
    expect(readFileSync(root, 'utf8')).toBe('a file');
    rmSync(root);

    const elsewhere = join(stack().cwd, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, root);
    await stack().refused('deploy', [], refused);
    await stack().refused('destroy', [], refused);
    expect(existsSync(elsewhere)).toBe(true);
    rmSync(root);
  });

  it('has a name that an argument of DPDK cannot carry', async () => {
    for (const name of [`${stack().root},queues=9`, `${stack().root} x`]) {
      await stack().refused('deploy', ['--run-dir', name], refused);
    }
    expect(await stack().leftovers()).toEqual([]);
  });
});
