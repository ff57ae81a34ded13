// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { buildableNames, containerfileOf } from '../../../src/cluster/images/building/buildable.ts';
import { packageRoot } from '../../../src/files/package-root.ts';

const root = packageRoot();
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const packagesOf = (image: string) =>
  read(`dataplane/images/${image}/packages`)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

describe.each(buildableNames)('%s', (name) => {
  const file = read(containerfileOf(name));

  it('copies only what is there, and what is published', () => {
    const { files } = z.object({ files: z.array(z.string()) }).parse(JSON.parse(read('package.json')));
    // npm publishes these whatever `files` says.
    const published = [...files, 'package.json', 'LICENSE'].filter((path) => !path.startsWith('!'));
    const sources = [...file.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, words = '']) => words.split(' '));
    expect(sources.length).toBeGreaterThan(3);
    for (const source of sources) {
      expect(existsSync(join(root, source)) || source === 'dist', source).toBe(true);
      expect(
        published.some((path) => source === path || source.startsWith(`${path}/`)),
        source,
      ).toBe(true);
    }
  });

  it('compiles in stages of which only results are copied', () => {
    const last = file.slice(file.lastIndexOf('\nFROM '));
    expect(last).toMatch(/^\nFROM runtime\n/);
    expect([...last.matchAll(/^COPY (.*)$/gm)].every(([, words = '']) => words.startsWith('--from='))).toBe(true);
    expect(last).not.toMatch(/^RUN /m);
    expect(file).toMatch(/^FROM \$\{BASE\} AS runtime$/m);
  });

  it('asks for each package once, in an order that a reader finds again', () => {
    const names = packagesOf(name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('says what it is', () => {
    for (const label of ['title', 'description', 'version', 'revision', 'licenses', 'base.name']) {
      expect(file).toContain(`org.opencontainers.image.${label}=`);
    }
  });
});

describe('l3fwd', () => {
  it('is as the rendered pod runs it', () => {
    expect(read(containerfileOf('l3fwd'))).toMatch(/^USER 65532:65532$/m);
  });

  it('has nothing of ours but its entry', () => {
    const file = read(containerfileOf('l3fwd'));
    expect([...file.matchAll(/^COPY dataplane\/(?!images)(\w+)/gm)].map(([, part]) => part)).toEqual([
      'ealshim',
      'entry',
    ]);
    // Of ealshim the reader of eal.args, which vdpa-run is compiled with.
    expect(file).toMatch(/^COPY dataplane\/ealshim\/args-file\.c dataplane\/ealshim\/args-file\.h \/src\/ealshim\/$/m);
  });
});

describe('node', () => {
  it('has the driver of every NIC that is told to have one', () => {
    const table = read('src/platform/pci/dpdk-nic-ids.ts');
    const drivers = [...table.matchAll(/^ {2}\[\s*'([a-z]\w+)',\s*'[0-9a-f]{4}'/gm)].map(([, driver = '']) => driver);
    expect(drivers.length).toBeGreaterThan(20);
    const packages = packagesOf('node');
    for (const driver of drivers) {
      // Debian sets a dash before the version of the interface where a name ends in a digit.
      expect(packages).toContain(`librte-net-${driver}${/\d$/.test(driver) ? '-' : ''}25`);
    }
  });
});

describe('sbom.sh', () => {
  it('lists packages in words that JSON and a purl take', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sbom-'));
    try {
      mkdirSync(join(folder, 'bin'));
      writeFileSync(
        join(folder, 'bin', 'dpkg-query'),
        "#!/bin/sh\nprintf 'ii \\tlibstdc++6\\t1:14.2-1+b1\\tamd64\\tgcc-14\\nrc \\tgone\\t1\\tamd64\\tgone\\n'\n",
        { mode: 0o755 },
      );
      writeFileSync(join(folder, 'more'), 'library\texeca\t9.6.1\tpkg:npm/execa@9.6.1\n');
      const sbom = execFileSync(
        'sh',
        [join(root, 'dataplane/images/scripts/sbom.sh'), 'vdpactl/node', '1.2.3', join(folder, 'more')],
        {
          env: { PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, SOURCE_DATE_EPOCH: '1700000000' },
          encoding: 'utf8',
        },
      );
      const { metadata, components } = z
        .object({
          metadata: z.object({ timestamp: z.string(), component: z.object({ name: z.string(), version: z.string() }) }),
          components: z.array(z.object({ name: z.string(), version: z.string(), purl: z.string().optional() })),
        })
        .parse(JSON.parse(sbom));
      expect(metadata).toMatchObject({
        timestamp: '2023-11-14T22:13:20Z',
        component: { name: 'vdpactl/node', version: '1.2.3' },
      });
      expect(components.map(({ name }) => name)).toEqual(['debian', 'libstdc++6', 'execa']);
      expect(components[1]?.purl).toMatch(
        /^pkg:deb\/debian\/libstdc%2B%2B6@1%3A14\.2-1%2Bb1\?arch=amd64&distro=debian-.*&upstream=gcc-14$/,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
