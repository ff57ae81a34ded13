// SPDX-License-Identifier: Apache-2.0
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { k3dError } from '../../../../src/cluster/images/building/plan-load.ts';
import { runEngine } from '../../../../src/cluster/images/building/run-engine.ts';
import { silentProgress } from '../../../../src/output/progress.ts';
import { withTreeAsync } from '../../../check/tree-async.ts';

const engineRun = {
  env: { PATH: process.env['PATH'] },
  signal: new AbortController().signal,
  progress: silentProgress,
};
const onFailure = {
  code: 'VDPA-IMAGES-003',
  message: 'the image x cannot be pushed',
  where: 'x:1',
  next: (said: string) => `about ${said.trim()}`,
} as const;

describe('runEngine', () => {
  it('answers what the program printed, which has the environment of its command beside that of vdpactl', async () => {
    const command = { program: 'sh', args: ['-c', 'echo "$A $B"'], env: { B: 'b' } };
    const printed = await runEngine({ ...engineRun, env: { ...engineRun.env, A: 'a', B: '-' } }, command, onFailure);
    expect(printed).toBe('a b');
  });

  it('says what failed, with which image, and what to do by what the program said', async () => {
    const failing = runEngine(
      engineRun,
      { program: 'sh', args: ['-c', 'echo layers; echo refused >&2; exit 3'] },
      onFailure,
    );
    await expect(failing).rejects.toMatchObject({
      code: 'VDPA-IMAGES-003',
      message: 'the image x cannot be pushed: sh ended with 3',
      where: 'x:1',
      next: 'about layers\nrefused',
      details: ['refused'],
    });
  });

  it('does not take a 0 for success where the program said that it failed', async () => {
    const command = { program: 'sh', args: ['-c', 'printf "\\033[31mERRO\\033[0m[0001] failed to import images" >&2'] };
    await expect(runEngine(engineRun, command, { ...onFailure, said: k3dError })).rejects.toMatchObject({
      message: 'the image x cannot be pushed: sh told of an error',
      details: ['ERRO[0001] failed to import images'],
    });
    expect(await runEngine(engineRun, command, onFailure)).toBe('');
  });

  it.each([
    ['Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?', /start it/],
    ['failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct', /start it/],
    ['permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock', /group/],
  ])('tells a docker without its daemon from what it was to do: %s', async (said, next) => {
    await withTreeAsync({ docker: `#!/bin/sh\necho '${said}' >&2\nexit 1\n` }, async (folder) => {
      chmodSync(join(folder, 'docker'), 0o755);
      const env = { PATH: `${folder}:${process.env['PATH']}` };
      const failing = runEngine({ ...engineRun, env }, { program: 'docker', args: ['push'] }, onFailure);
      await expect(failing).rejects.toMatchObject({
        code: 'VDPA-IMAGES-001',
        next: expect.stringMatching(next),
        details: [said],
      });
    });
  });
});
