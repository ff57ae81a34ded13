// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Config, configSchema } from '../../src/config/config-schema.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { leafKeys } from '../../src/config/plain-data.ts';
import { configTemplate } from '../../src/config/template.ts';
import { VdpaError } from '../../src/errors/vdpa-error.ts';
import { put, temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();

async function load(content: string | Uint8Array) {
  put(folder, 'c.yaml', content);
  return loadConfig({ path: 'c.yaml', cwd: folder });
}

/** Loads what may be anything: a config or an error for the user, soon, and nothing else. */
async function survives(content: string | Uint8Array): Promise<void> {
  const begin = performance.now();
  try {
    const { config } = await load(content);
    expect(configSchema.parse(config)).toEqual(config);
  } catch (error) {
    if (!(error instanceof VdpaError)) throw error;
    expect(error.code).toMatch(/^VDPA-CONFIG-00[123]$/);
    expect(error.where).toMatch(/^c\.yaml(:\d+:\d+)?$/);
    for (const line of [error.message, ...error.details]) expect(line).toMatch(/^[^\p{Cc}]*$/u);
  }
  expect(performance.now() - begin).toBeLessThan(5000);
}

/** Scraps from which YAML is made, so that the generator gets beyond the first error. */
const scraps = fc.constantFrom(
  ...[
    'local',
    'bench',
    'devices',
    'wire',
    'cpus',
    'apiVersion',
    'vdpactl/v1',
    'null',
    '1',
    '.nan',
    'x',
    '<<',
    '__proto__',
  ],
  ...[
    ': ',
    ':',
    '- ',
    '-',
    '? ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '|',
    '>',
    '#',
    ' #',
    '&a ',
    '*a',
    '!t ',
    '!!set ',
    '%',
    '@',
  ],
  ...['\n', '\n  ', '\n    ', '\t', '\r\n', '---\n', '...\n', '\\', '\ufeff', '\u2028', '\ud800', '😀'],
);

const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const number = (min: number, max: number) =>
  fc.double({ min, max, noNaN: true }).map((value) => (value === 0 ? 0 : value));
const interfaceName = fc.stringMatching(/^[a-z][a-z0-9_.@-]{0,14}$/);
const wire = fc.oneof(
  fc.record({ wire: fc.constantFrom('memif' as const, 'null' as const), interface: fc.constant(null) }),
  fc.record({ wire: fc.constant('af_packet' as const), interface: interfaceName }),
);

const nicSelector = fc.constantFrom('0000:65:00.2', '15b3:101e', 'vd0');
const dnsLabel = fc.stringMatching(/^[a-z][a-z0-9]{0,20}$/);
const image = fc.constantFrom('localhost/a/b:1.0', `example.com:5000/c@sha256:${'a'.repeat(64)}`);

const validConfig: fc.Arbitrary<Config> = fc.record({
  apiVersion: fc.constant('vdpactl/v1' as const),
  provider: fc.constantFrom('auto', 'baremetal', 'alibaba', 'aws', 'local'),
  backend: fc.constantFrom('auto', 'dpdk-vdpa', 'vhost-vdpa', 'testpmd'),
  nics: fc.record({
    include: nullable(fc.array(nicSelector, { minLength: 1 })),
    exclude: fc.array(nicSelector),
    virtualFunctions: fc.integer({ min: 0, max: 256 }),
    roomFor: fc.integer({ min: 0, max: 256 }),
    driver: fc.constantFrom('vfio-pci', 'uio_pci_generic', 'igb_uio'),
    queues: fc.integer({ min: 1, max: 8 }),
    queueSize: fc.constantFrom(256, 512, 1024),
    cpus: nullable(fc.array(fc.integer({ min: 0, max: 1023 }), { minLength: 1 })),
    noIommu: fc.constantFrom('auto', 'allow', 'deny'),
  }),
  memory: fc.record({
    pageSizeKiB: fc.constantFrom(2048, 1048576),
    backendMiB: fc.integer({ min: 64, max: 16384 }),
    workloadMiB: fc.integer({ min: 0, max: 1048576 }),
  }),
  kubernetes: fc.record({
    namespace: dnsLabel,
    workloadNamespace: dnsLabel,
    network: dnsLabel,
    multus: fc.constantFrom('auto', 'install', 'present'),
    workloads: fc.array(fc.constantFrom('l3fwd', 'seawreck')),
    nodeSelector: fc.array(fc.constantFrom('a=b', 'node-role.kubernetes.io/worker=', 'x.y/z_1=A.b')),
    tolerateAll: fc.boolean(),
    agentPages: fc.constantFrom('node', 'loopback'),
    images: fc.record({
      registry: nullable(fc.constantFrom('registry.example.com/mirror', 'localhost:5000')),
      pullSecrets: fc.array(dnsLabel),
      node: image,
      l3fwd: image,
      seawreck: image,
      devicePlugin: image,
      multus: image,
    }),
  }),
  local: fc
    .record({
      devices: fc.integer({ min: 1, max: 16 }),
      queues: fc.integer({ min: 1, max: 8 }),
      queueSize: fc.constantFrom(256 as const, 512 as const, 1024 as const),
      memoryMiB: fc.integer({ min: 64, max: 16384 }),
      cpus: nullable(fc.array(fc.integer({ min: 0, max: 1023 }), { minLength: 1 })),
    })
    .chain((local) => wire.map((choice) => ({ ...local, ...choice }))),
  bench: fc.record({
    workload: fc.constant('l3fwd' as const),
    trials: fc.integer({ min: 1, max: 100 }),
    durationSeconds: number(0.2, 600),
    warmupSeconds: number(0, 60),
    frameSize: fc.integer({ min: 64, max: 1518 }),
    minRate: nullable(number(0, 1e9)),
    memoryMiB: fc.integer({ min: 64, max: 16384 }),
  }),
});

describe('loadConfig', { timeout: 60_000 }, () => {
  it.each([
    ['bytes', fc.uint8Array({ maxLength: 300 })],
    ['strings', fc.string({ unit: 'binary', maxLength: 300 })],
    ['scraps of YAML', fc.array(scraps, { maxLength: 60 }).map((parts) => parts.join(''))],
    ['JSON', fc.json()],
    ['YAML of arbitrary data', fc.object({ withNullPrototype: false }).map((data) => stringify(data))],
  ])('survives arbitrary %s', async (_, arbitrary: fc.Arbitrary<string | Uint8Array>) => {
    await fc.assert(fc.asyncProperty(arbitrary, survives), { numRuns: 150 });
  });

  it('survives a config that was damaged in one place', async () => {
    const template = configTemplate().replaceAll(/#(?=\w)/g, '');
    const damage = fc.tuple(fc.nat(template.length), fc.nat(12), fc.array(scraps, { maxLength: 4 }));
    await fc.assert(
      fc.asyncProperty(damage, ([at, cut, parts]) =>
        survives(template.slice(0, at) + parts.join('') + template.slice(at + cut)),
      ),
      { numRuns: 150 },
    );
  });

  it('gives back any valid config, with every key as set', async () => {
    await fc.assert(
      fc.asyncProperty(validConfig, fc.boolean(), async (config, json) => {
        const loaded = await load(json ? JSON.stringify(config) : stringify(config));
        expect(loaded.config).toEqual(config);
        expect(loaded.set).toEqual(leafKeys(config));
      }),
    );
  });
});
