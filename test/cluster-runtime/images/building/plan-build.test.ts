// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildableImage } from '../../../../src/cluster/images/building/buildable.ts';
import { engineNames } from '../../../../src/cluster/images/building/engine.ts';
import { type BuildOptions, buildCommand } from '../../../../src/cluster/images/building/plan-build.ts';
import { configSchema } from '../../../../src/config/config-schema.ts';

const { images } = configSchema.parse({}).kubernetes;
const options: BuildOptions = {
  engine: 'podman',
  root: '/package',
  base: null,
  mirror: null,
  snapshot: null,
  revision: null,
  sourceDate: 1_700_000_000,
  engineArgs: [],
};

describe('buildCommand', () => {
  it('builds from the package, under the name that a stack asks for', () => {
    const { program, args } = buildCommand(buildableImage(images, 'node', '1.2.3'), options);
    expect([program, ...args].join(' ')).toBe(
      'podman build --file /package/dataplane/images/node/Containerfile --tag localhost/vdpactl/node:1.2.3 ' +
        '--build-arg VERSION=1.2.3 --build-arg SOURCE_DATE_EPOCH=1700000000 ' +
        '--layers --timestamp 1700000000 --ignorefile /package/dataplane/images/node/Containerfile.dockerignore /package',
    );
  });

  it('passes on what is to be pinned', () => {
    const pinned = { base: 'debian@sha256:0', mirror: 'http://mirror.example', snapshot: 'then', revision: 'c0ffee' };
    const { args } = buildCommand(buildableImage(images, 'l3fwd', null), { ...options, ...pinned });
    for (const value of ['BASE=debian@sha256:0', 'MIRROR=http://mirror.example', 'SNAPSHOT=then', 'REVISION=c0ffee']) {
      expect(args[args.indexOf(value) - 1]).toBe('--build-arg');
    }
  });

  it('gives docker no option that only the others have', () => {
    const { args } = buildCommand(buildableImage(images, 'l3fwd', null), { ...options, engine: 'docker' });
    expect(args.filter((arg) => ['--layers', '--timestamp', '--ignorefile'].includes(arg))).toEqual([]);
  });

  it('has docker build with BuildKit, whatever its version does by itself', () => {
    const envs = engineNames.map(
      (engine) => buildCommand(buildableImage(images, 'node', null), { ...options, engine }).env,
    );
    expect(envs).toEqual([undefined, undefined, { DOCKER_BUILDKIT: '1', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' }]);
  });

  it('puts arguments for the engine before the folder, as they are', () => {
    fc.assert(
      fc.property(fc.constantFrom(...engineNames), fc.array(fc.string()), (engine, engineArgs) => {
        const { args } = buildCommand(buildableImage(images, 'node', null), { ...options, engine, engineArgs });
        expect(args.slice(-engineArgs.length - 1)).toEqual([...engineArgs, '/package']);
      }),
    );
  });
});

describe('buildableImage', () => {
  it('has one name where it is built and one where it is pulled', () => {
    const registry = { ...images, registry: 'registry.example.com/mirror' };
    expect(buildableImage(registry, 'node', '2')).toEqual({
      name: 'node',
      local: 'localhost/vdpactl/node:2',
      reference: 'registry.example.com/mirror/vdpactl/node:2',
      tag: '2',
    });
  });

  it('keeps the place of an image that is named by it already', () => {
    const named = {
      ...images,
      registry: 'registry.example.com/mirror/',
      l3fwd: 'registry.example.com/mirror/vdpactl/l3fwd:1',
    };
    const { local, reference } = buildableImage(named, 'l3fwd', null);
    expect([local, reference]).toEqual([named.l3fwd, named.l3fwd]);
    // Another place of the same registry is not it.
    expect(buildableImage({ ...named, registry: 'registry.example.com/mir' }, 'l3fwd', null).reference).toBe(
      'registry.example.com/mir/mirror/vdpactl/l3fwd:1',
    );
  });

  it('puts a tag in place of a digest, and never a port', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const pinned = { ...images, node: `registry.example.com:5000/node@${digest}` };
    expect(buildableImage(pinned, 'node', '2').local).toBe('registry.example.com:5000/node:2');
    expect(() => buildableImage(pinned, 'node', null)).toThrow(/goes by a digest/);
  });
});
