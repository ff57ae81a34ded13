// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { backendTrouble } from '../../../dataplane/agent/backend-trouble.ts';
import { statusFile } from '../../../dataplane/contract/run-dir.ts';
import { madeRunDir } from '../../fixtures/backend-spec.ts';
import { scratch } from '../../fixtures/scratch.ts';

const { folder } = scratch();
const device = '0000:03:00.0';

function said(...output: string[]): string[] {
  const dir = madeRunDir(folder());
  const lastExit = { at: '2026-11-28T00:00:00.000Z', code: 1, signal: null, output };
  const status = {
    schemaVersion: 'vdpactl/v1',
    device,
    state: 'backing-off',
    pid: null,
    startTicks: null,
    restarts: 3,
  };
  const rest = { since: lastExit.at, lastExit, specHash: '1', cpu: null, counters: null };
  writeFileSync(statusFile(dir, device), JSON.stringify({ ...status, ...rest }));
  return backendTrouble(dir, device);
}

describe('why a backend does not run', () => {
  it('is what its program said last, with what to do where there is no room for it', () => {
    const lines = [
      'EAL: Detected NUMA nodes: 1',
      'EAL: Not enough memory available on socket 0!',
      'EAL: Cannot init memory',
    ];
    expect(said(...lines)).toEqual([
      expect.stringMatching(/^the backend of 0000:03:00\.0 ended: EAL: Not enough memory .* vdpactl deploy makes more/),
    ]);
  });

  it('is only told where it is another thing', () => {
    expect(said('EAL: Cannot find driver', 'EAL: Requested device 0000:03:00.0 cannot be used')).toEqual([
      'the backend of 0000:03:00.0 ended: EAL: Requested device 0000:03:00.0 cannot be used',
    ]);
  });

  it('is not guessed at', () => {
    expect(said('bye')).toEqual([]);
    expect(backendTrouble(madeRunDir(folder()), 'local0')).toEqual([]);
  });
});
