// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Host, installed, sha256 } from './host.ts';

const outside = {
  '/etc/passwd': 'x',
  '/etc/cni/net.d/10-pods.conflist': 'x',
  '/opt/cni/bin/bridge': 'x',
  '/opt/cni/bin/vdpa2': 'x',
  '/opt/cni/vdpa': 'x',
  '/run/other/vdpa': 'x',
  '/vdpa': 'x',
};
const part = fc.constantFrom(
  'opt',
  'cni',
  'bin',
  'vdpa',
  'etc',
  'passwd',
  'run',
  'var',
  'other',
  '..',
  '.',
  '',
  'link',
  'bridge',
);
const path = fc.oneof(
  fc.array(part, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`),
  fc
    .constantFrom(...Object.keys(outside))
    .chain((to) => fc.constantFrom(`/opt/cni/bin/../../..${to}`, `/opt/cni/bin//..${to}`, to)),
  fc.string(),
  fc.string({ unit: 'binary' }).map((text) => `/opt/cni/bin/${text}`),
);
const file = fc.record({ path, sha256: fc.constant(sha256('x')) });
const text = fc.oneof(
  { weight: 4, arbitrary: fc.array(file, { maxLength: 6 }).map(installed) },
  fc.json(),
  fc.string(),
);

test('whatever installed.json says, nothing is removed but what the stack installs', async () => {
  await fc.assert(
    fc.asyncProperty(text, async (list) => {
      const host = new Host({
        ...outside,
        '/opt/cni/bin/link': '->/etc',
        '/run/vdpa/link': '->/opt',
        '/run/vdpa/installed.json': list,
      });
      try {
        const { left } = await host.clean();
        expect(left).toEqual([]);
        expect(host.tree().sort()).toEqual(
          [...Object.keys(outside), '/opt/cni/bin/link -> /etc', '/var/run -> /run'].sort(),
        );
      } finally {
        host.remove();
      }
    }),
    { numRuns: 200 },
  );
});
