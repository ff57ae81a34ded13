// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { imagesCommand } from '../../src/commands/images.ts';
import { packageRoot } from '../../src/files/package-root.ts';
import { withTreeAsync } from '../check/tree-async.ts';
import { runCommand } from './run-command.ts';

const documentSchema = z.object({
  schemaVersion: z.literal('vdpactl/v1'),
  engine: z.string(),
  dryRun: z.boolean(),
  commands: z.array(z.object({ program: z.string(), args: z.array(z.string()) })),
  images: z.array(z.unknown()),
});

async function images(name: string, ...args: readonly string[]): Promise<string> {
  const command = imagesCommand().commands.find((each) => each.name() === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  return withTreeAsync({}, (cwd) => runCommand(command, args, cwd));
}

describe('vdpactl images build', () => {
  const isBuilt = existsSync(join(packageRoot(), 'dist', 'bundled-packages.tsv'));

  it.skipIf(!isBuilt)('prints in a dry run what it would run, and needs no engine for it', async () => {
    const printed = await images('build', 'l3fwd', '--tag', '9', '--engine-arg=--isolation=chroot', '--dry-run');
    expect(printed).toMatch(
      /^podman build --file \S+\/l3fwd\/Containerfile --tag localhost\/vdpactl\/l3fwd:9 .* --isolation=chroot \S+\n$/,
    );
  });

  it('says what to install where there is no engine', async () => {
    await expect(images('build')).rejects.toMatchObject({ code: 'VDPA-IMAGES-001' });
  });

  it.each([
    ['--tag', 'latest'],
    ['--tag', 'a b'],
    ['--snapshot', 'yesterday'],
    ['--mirror', 'mirror.example.com'],
  ])('does not take %s %s', async (...args) => {
    await expect(images('build', ...args)).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });
});

describe('vdpactl images push', () => {
  it('pushes all of them, by the names of the registry', async () => {
    const printed = await images('push', '--registry', 'registry.example.com/a', '--dry-run', '-o', 'json');
    const { dryRun, commands, images: pushed } = documentSchema.parse(JSON.parse(printed));
    expect({ dryRun, pushed }).toEqual({ dryRun: true, pushed: [] });
    expect(commands.map(({ args }) => `${args[0]} ${args.at(-1)}`)).toEqual([
      expect.stringMatching(/^tag registry\.example\.com\/a\/vdpactl\/node:/),
      expect.stringMatching(/^push registry\.example\.com\/a\/vdpactl\/node:/),
      expect.stringMatching(/^tag registry\.example\.com\/a\/vdpactl\/l3fwd:/),
      expect.stringMatching(/^push registry\.example\.com\/a\/vdpactl\/l3fwd:/),
    ]);
  });

  it.each(['https://registry.example.com', 'registry', 'registry.example.com/Team', 'registry.example.com:port'])(
    'refuses %s, which is no registry',
    async (registry) => {
      await expect(images('push', '--registry', registry, '--dry-run')).rejects.toMatchObject({
        code: 'VDPA-CONFIG-003',
      });
    },
  );

  it('refuses where the names lead to no registry', async () => {
    await expect(images('push', '--dry-run')).rejects.toMatchObject({ code: 'VDPA-IMAGES-003' });
  });
});

describe('vdpactl images load', () => {
  it('refuses a cluster where none is meant', async () => {
    const loading = images('load', '--cluster', 'demo', '--dry-run');
    await expect(loading).rejects.toMatchObject({ code: 'VDPA-USAGE-001' });
  });

  it('takes no Secret that images are pulled with, and neither does push', async () => {
    for (const name of ['load', 'push']) {
      await expect(images(name, '--image-pull-secret', 'x')).rejects.toMatchObject({ code: 'commander.unknownOption' });
    }
  });

  it('hands each image over to kind', async () => {
    expect(
      await images('load', 'node', '--to', 'kind', '--cluster', 'demo', '--engine', 'docker', '--dry-run'),
    ).toMatch(
      /^docker save --output node\.tar localhost\/vdpactl\/node:\S+\nkind load image-archive node\.tar --name demo\n$/,
    );
  });
});
