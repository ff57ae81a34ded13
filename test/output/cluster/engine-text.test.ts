// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configSchema } from '../../../src/config/config-schema.ts';
import { commandsText, pushedText } from '../../../src/output/cluster/engine-text.ts';
import { imageReference } from '../../../src/templates/kubernetes/images.ts';

describe('pushedText', () => {
  const registry = 'registry.example.com:5000/team';
  const reference = `${registry}/vdpactl/node:1`;
  const digest = `sha256:${'ab'.repeat(32)}`;

  it.each([null, registry])('is a config by which nodes pull what was pushed, also where the registry is %s', (own) => {
    const { kubernetes } = parse(pushedText([{ name: 'node', reference, digest }]));
    const config = configSchema.parse({ kubernetes: { images: { ...kubernetes.images, registry: own } } });
    expect(imageReference(config.kubernetes.images, 'node')).toBe(`${reference}@${digest}`);
  });

  it('has the tag alone where no digest is known', () => {
    expect(parse(pushedText([{ name: 'l3fwd', reference, digest: null }]))).toEqual({
      kubernetes: { images: { l3fwd: reference } },
    });
  });
});

describe('commandsText', () => {
  it('prints what a shell takes, with the environment', () => {
    const commands = [
      { program: 'docker', args: ['build', 'a b'], env: { DOCKER_BUILDKIT: '1' } },
      { program: 'ctr', args: [] },
    ];
    expect(commandsText(commands)).toBe("DOCKER_BUILDKIT=1 docker build 'a b'\nctr\n");
  });
});
