// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { engineNames } from '../../../../src/cluster/images/building/engine.ts';
import {
  importCommand,
  importedCommand,
  importedDigest,
  loadTargets,
  saveCommand,
} from '../../../../src/cluster/images/building/plan-load.ts';
import { pushCommand, pushedDigest, tagCommands } from '../../../../src/cluster/images/building/plan-push.ts';

const line = ({ program, args }: { program: string; args: readonly string[] }) => [program, ...args].join(' ');
const load = { namespace: 'k8s.io', cluster: null } as const;
const image = {
  name: 'node',
  local: 'localhost/node:1',
  reference: 'registry.example.com/node:1',
  tag: null,
} as const;

describe('load', () => {
  it('keeps the digest on the way to containerd, and names on the way to the others', () => {
    const saved = engineNames.flatMap((engine) =>
      loadTargets.map((to) => `${to}: ${line(saveCommand({ ...load, engine, to }, 'name:1', 'file'))}`),
    );
    expect(saved).toEqual([
      'containerd: podman save --quiet --format oci-archive --uncompressed --output file name:1',
      'kind: podman save --quiet --format docker-archive --output file name:1',
      'k3d: podman save --quiet --format docker-archive --output file name:1',
      'podman: podman save --quiet --format docker-archive --output file name:1',
      'containerd: buildah push --quiet --disable-compression name:1 oci-archive:file:name:1',
      'kind: buildah push --quiet --disable-compression name:1 docker-archive:file:name:1',
      'k3d: buildah push --quiet --disable-compression name:1 docker-archive:file:name:1',
      'podman: buildah push --quiet --disable-compression name:1 docker-archive:file:name:1',
      'containerd: docker save --output file name:1',
      'kind: docker save --output file name:1',
      'k3d: docker save --output file name:1',
      'podman: docker save --output file name:1',
    ]);
  });

  it('imports by what each target brings along', () => {
    const options = { ...load, engine: 'podman', cluster: 'demo' } as const;
    expect(loadTargets.map((to) => line(importCommand({ ...options, to }, 'file')))).toEqual([
      'ctr --namespace k8s.io images import file',
      'kind load image-archive file --name demo',
      'k3d image import file --cluster demo',
      'podman load --quiet --input file',
    ]);
  });

  it('asks containerd under which digest an image came', () => {
    const asked = loadTargets.map((to) => importedCommand({ ...load, engine: 'podman', to }, 'name:1'));
    expect(asked.map((command) => command && line(command))).toEqual([
      'ctr --namespace k8s.io images list name==name:1',
      null,
      null,
      null,
    ]);
    // As ctr 1.6 prints it.
    const head = 'REF TYPE DIGEST SIZE PLATFORMS LABELS \n';
    const digest = `sha256:${'ab'.repeat(32)}`;
    expect(importedDigest(`${head}name:1 application/vnd.oci.image.manifest.v1+json ${digest} 80.2 MiB - -\n`)).toBe(
      digest,
    );
    expect(importedDigest(head)).toBeNull();
  });
});

describe('push', () => {
  it('tags an image only when nodes ask for it by another name', () => {
    expect(tagCommands('podman', image).map(line)).toEqual(['podman tag localhost/node:1 registry.example.com/node:1']);
    expect(tagCommands('podman', { ...image, reference: image.local })).toEqual([]);
  });

  it('has the digest written down, and by docker printed', () => {
    const commands = engineNames.map((engine) => line(pushCommand(engine, image, 'file', ['--more'])));
    expect(commands).toEqual([
      'podman push --quiet --digestfile file --more registry.example.com/node:1',
      'buildah push --quiet --digestfile file --more registry.example.com/node:1',
      'docker push --more registry.example.com/node:1',
    ]);
    const [digest, layer] = ['ab', 'cd'].map((byte) => `sha256:${byte.repeat(32)}`);
    expect(pushedDigest(`${digest}`)).toBe(digest);
    // As docker 20.10 prints it; others name layers by their whole digest.
    expect(pushedDigest(`5f70bf18a086: Pushed\nmounted from ${layer}\n1: digest: ${digest} size: 1778\n`)).toBe(digest);
    expect(pushedDigest('nothing')).toBeNull();
  });

  it('refuses what has no registry in its name', () => {
    const push = () => pushCommand('podman', { ...image, reference: image.local }, 'file', []);
    expect(push).toThrow(expect.objectContaining({ code: 'VDPA-IMAGES-003', where: 'localhost/node:1' }));
  });
});
