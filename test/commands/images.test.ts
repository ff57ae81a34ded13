// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { imagesCommand } from '../../src/commands/images.ts';
import { renderCommand } from '../../src/commands/render.ts';
import { withTreeAsync } from '../check/tree-async.ts';
import { sriov } from '../fixtures/nodes.ts';
import { runCommand } from './run-command.ts';

const documentSchema = z.strictObject({
  schemaVersion: z.literal('vdpactl/v1'),
  registry: z.string().nullable(),
  pullSecrets: z.array(z.string()),
  images: z.array(
    z.strictObject({
      name: z.string(),
      reference: z.string(),
      upstream: z.string(),
      digest: z.string().nullable(),
      version: z.string().nullable(),
      purpose: z.string(),
      workload: z.boolean(),
    }),
  ),
});

const mirror = [
  '--registry',
  'registry.example.com/mirror',
  '--image-pull-secret',
  'one',
  '--image-pull-secret',
  'two',
];

/** The command is a group, and its options are those of the command in it. */
async function list(...args: readonly string[]) {
  const [command] = imagesCommand().commands;
  if (command === undefined) throw new Error('no command');
  return withTreeAsync({}, (cwd) => runCommand(command, args, cwd));
}

describe('vdpactl images list', () => {
  it('prints one document, of the registry that was named', async () => {
    const { registry, pullSecrets, images } = documentSchema.parse(JSON.parse(await list('-o', 'json', ...mirror)));
    expect({ registry, pullSecrets }).toEqual({ registry: 'registry.example.com/mirror', pullSecrets: ['one', 'two'] });
    for (const { reference } of images) expect(reference).toMatch(/^registry\.example\.com\/mirror\//);
  });

  it('prints a table', async () => {
    expect(await list()).toMatch(/^IMAGE +FOR\n\S+node:\S+ +agent/);
  });
});

describe('vdpactl render --registry', () => {
  it('renders what images list says, and the secrets', async () => {
    const yaml = await withTreeAsync(sriov, (root) =>
      runCommand(renderCommand(), ['--root', root, '--target', 'kubernetes', ...mirror], root),
    );
    const { images } = documentSchema.parse(JSON.parse(await list('-o', 'json', ...mirror)));
    const rendered = [...yaml.matchAll(/image: (\S+)/g)].map(([, image]) => image);
    expect(images.map(({ reference }) => reference)).toEqual(expect.arrayContaining([...new Set(rendered)]));
    expect(yaml).toMatch(/imagePullSecrets:\n +- name: one\n +- name: two\n/);
  });

  it('names the flag that has a wrong value', async () => {
    const run = withTreeAsync(sriov, (root) =>
      runCommand(renderCommand(), ['--root', root, '--registry', 'A B'], root),
    );
    await expect(run).rejects.toMatchObject({ code: 'VDPA-CONFIG-003', where: '--registry' });
  });
});
