// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { loadImages } from '../../../../src/cluster/images/building/load-images.ts';
import { pushImages } from '../../../../src/cluster/images/building/push-images.ts';
import { silentProgress } from '../../../../src/output/progress.ts';

describe('loadImages and pushImages', () => {
  it('say where nothing can be written', async () => {
    const options = { engine: 'podman', to: 'containerd', namespace: 'k8s.io', cluster: null } as const;
    const env = { TMPDIR: '/proc/nowhere' };
    const engineRun = { env, signal: new AbortController().signal, progress: silentProgress };
    for (const running of [loadImages([], options, engineRun), pushImages('podman', [], [], engineRun)]) {
      await expect(running).rejects.toMatchObject({ code: 'VDPA-IMAGES-003', where: env.TMPDIR });
    }
  });
});
