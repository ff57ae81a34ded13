// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { runDir } from '../../../dataplane/contract/run-dir.ts';
import { launchOf, wantsCpu } from '../../../dataplane/supervisor/launch.ts';
import { backendSpec } from '../../fixtures/backend-spec.ts';

const dir = runDir('/var/run/vdpa');
const spec = backendSpec('0000:65:00.2', {
  program: 'stdbuf',
  args: ['-oL', 'testpmd', '--lcores', '0@{cpu},1@{cpu}'],
});

it('puts the CPU wherever the arguments ask for it', () => {
  expect(wantsCpu(spec)).toBe(true);
  expect(launchOf(dir, spec, null, 7)).toEqual({ program: 'stdbuf', args: ['-oL', 'testpmd', '--lcores', '0@7,1@7'] });
});

it('starts a spec that names its CPU as it is', () => {
  const fixed = backendSpec('local0', { program: 'testpmd', args: ['--lcores', '0@3'] });
  expect(wantsCpu(fixed)).toBe(false);
  expect(launchOf(dir, fixed, null, null)).toEqual({ program: 'testpmd', args: ['--lcores', '0@3'] });
});

it('shows a backend that is isolated the folder of its own device', () => {
  expect(launchOf(dir, spec, '/opt/vdpa-isolate', 7)).toEqual({
    program: '/opt/vdpa-isolate',
    args: ['--device-dir', '/var/run/vdpa/dev/0000:65:00.2', '--', 'stdbuf', '-oL', 'testpmd', '--lcores', '0@7,1@7'],
  });
});

it('shows a backend whose wire is a socket the folder of those', () => {
  const memif = backendSpec('local0', { wire: { kind: 'memif', at: '/var/run/vdpa/wires/local0.sock' } });
  expect(launchOf(dir, memif, '/opt/vdpa-isolate', null).args.slice(0, 5)).toEqual([
    '--device-dir',
    '/var/run/vdpa/dev/local0',
    '--keep',
    '/var/run/vdpa/wires',
    '--',
  ]);
});
