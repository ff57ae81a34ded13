// SPDX-License-Identifier: Apache-2.0
// check-sbom.mjs SBOM PACKAGES: whether a bill of materials is CycloneDX 1.5, as far as it is used here, and has every
// package of the list that dpkg-query printed, in its version.
import { readFileSync } from 'node:fs';
import * as z from 'zod';

const component = z.strictObject({
  type: z.enum(['library', 'operating-system']),
  'bom-ref': z.string().min(1),
  name: z.string().min(1),
  version: z.string().min(1),
  purl: z
    .string()
    .regex(/^pkg:(deb\/debian|npm)\/[\w.%/+-]+@[\w.%~-]+(\?[\w.%~=&+-]+)?$/)
    .optional(),
});
const schema = z.strictObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.literal('1.5'),
  version: z.literal(1),
  metadata: z.strictObject({
    timestamp: z.iso.datetime(),
    component: z.strictObject({
      type: z.literal('container'),
      'bom-ref': z.string(),
      name: z.string(),
      version: z.string(),
    }),
  }),
  components: z.array(component).min(50),
});

const [sbomFile, packagesFile] = process.argv.slice(2);
const { components } = schema.parse(JSON.parse(readFileSync(sbomFile, 'utf8')));
const refs = components.map((each) => each['bom-ref']);
if (new Set(refs).size !== refs.length) throw new Error('a bom-ref stands there twice');
const there = new Set(components.map(({ name, version }) => `${name} ${version}`));
const missing = readFileSync(packagesFile, 'utf8')
  .trim()
  .split('\n')
  .filter((line) => !there.has(line));
if (missing.length > 0) throw new Error(`not in it: ${missing.join(', ')}`);
process.stdout.write(`images: bill of materials: CycloneDX 1.5, ${components.length} components\n`);
