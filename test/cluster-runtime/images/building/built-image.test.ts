// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildStep } from '../../../../src/cluster/images/building/build-progress.ts';
import { inspectCommand, readImageFacts } from '../../../../src/cluster/images/building/built-image.ts';
import { engineNames } from '../../../../src/cluster/images/building/engine.ts';

const id = 'b0846f24c0fcd2162d19d746acfc68e95a8388992beb24379cf8a87ff39c96c7';
const digest = 'sha256:e063cf19c9939a9c621d65779207ffa84da10d68f2263429154219bab3d17340';

// As podman 4.3, buildah 1.28 and docker 28 print it, in part.
const podman = [
  { Id: id, Digest: digest, RepoTags: ['localhost/t:1'], RepoDigests: [`localhost/t@${digest}`], Size: 83390189 },
];
const buildah = {
  Type: 'buildah 0.0.1',
  FromImageID: id,
  FromImageDigest: digest,
  Manifest: JSON.stringify({ schemaVersion: 2, layers: [{ size: 83384320 }, { size: 3584 }] }),
};
const docker = [{ Id: `sha256:${id}`, RepoTags: ['t:1'], RepoDigests: [], Size: 83390189 }];

describe('readImageFacts', () => {
  it('reads what each engine says', () => {
    expect(readImageFacts('podman', JSON.stringify(podman))).toEqual({
      id: `sha256:${id}`,
      digest,
      sizeBytes: 83390189,
    });
    expect(readImageFacts('buildah', JSON.stringify(buildah))).toEqual({
      id: `sha256:${id}`,
      digest,
      sizeBytes: 83387904,
    });
    // Docker has a digest only of what it pushed.
    expect(readImageFacts('docker', JSON.stringify(docker))).toEqual({
      id: `sha256:${id}`,
      digest: null,
      sizeBytes: 83390189,
    });
  });

  it('calls everything else what it is', () => {
    const wrong = fc.oneof(fc.string(), fc.json(), fc.constantFrom('[]', '[{}]', '{"FromImageID":"x"}'));
    fc.assert(
      fc.property(fc.constantFrom(...engineNames), wrong, (engine, text) => {
        expect(() => readImageFacts(engine, text)).toThrow(expect.objectContaining({ code: 'VDPA-IMAGES-002' }));
      }),
    );
  });

  it('asks each in its way', () => {
    expect(engineNames.map((engine) => inspectCommand(engine, 'x:1').args.join(' '))).toEqual([
      'image inspect x:1',
      'inspect --type image x:1',
      'image inspect x:1',
    ]);
  });
});

describe('buildStep', () => {
  it.each([
    [
      '[2/5] STEP 3/7: COPY dataplane/images/l3fwd/packages /packages',
      'stage 2/5, step 3/7: COPY dataplane/images/l3fwd/pa…',
    ],
    ['STEP 1/2: FROM debian', 'step 1/2: FROM debian'],
    ['#12 [runtime 3/5] RUN xargs sh', 'runtime 3/5: RUN xargs sh'],
    ['#12 0.345 Reading package lists...', null],
    ['--> 90ef2e1c6b6', null],
  ])('%s', (line, step) => {
    expect(buildStep(line)?.slice(0, 50) ?? null).toBe(step?.slice(0, 50) ?? null);
  });
});
