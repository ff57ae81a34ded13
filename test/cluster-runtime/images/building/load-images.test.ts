// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { loadImages } from '../../../../src/cluster/images/building/load-images.ts';
import { silentProgress } from '../../../../src/output/progress.ts';

describe('loadImages', () => {
  it('says where no archive can be written', async () => {
    const options = { engine: 'podman', to: 'containerd', namespace: 'k8s.io', cluster: null } as const;
    const env = { TMPDIR: '/proc/nowhere' };
    const loading = loadImages([], options, { env, signal: new AbortController().signal, progress: silentProgress });
    await expect(loading).rejects.toMatchObject({ code: 'VDPA-IMAGES-003', where: env.TMPDIR });
  });
});
