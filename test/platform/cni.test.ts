// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pluginTypes, readCni } from '../../src/platform/cni.ts';
import { createNotes } from '../../src/platform/note.ts';
import { openRoot } from '../../src/platform/root-fs.ts';
import { junk } from '../fixtures/junk.ts';
import { type Tree, withTree } from '../fixtures/tree.ts';

function cniOf(tree: Tree) {
  const { evidence, note } = createNotes();
  return { cni: withTree(tree, (root) => readCni(openRoot(root), note)), evidence };
}

const flannel = '{"name":"cbr0","cniVersion":"0.3.1","plugins":[{"type":"flannel"},{"type":"portmap"}]}';
const shim = '{"cniVersion":"0.3.1","name":"multus-cni-network","type":"multus-shim","logToStderr":true}';
const thin = '{"cniVersion":"0.3.1","name":"multus-cni-network","type":"multus","delegates":[]}';

it.each<[string, Tree, string[], string | null]>([
  ['nothing', { etc: null }, [], null],
  ['a network alone', { 'etc/cni/net.d/10-flannel.conflist': flannel }, ['10-flannel.conflist'], null],
  [
    'thick Multus before it',
    { 'etc/cni/net.d/10-flannel.conflist': flannel, 'etc/cni/net.d/00-multus.conf': shim },
    ['00-multus.conf', '10-flannel.conflist'],
    'thick',
  ],
  ['thin Multus', { 'etc/cni/net.d/00-multus.conf': thin }, ['00-multus.conf'], 'thin'],
  [
    'Multus in a list',
    { 'etc/cni/net.d/00-multus.conflist': `{"name":"x","plugins":[${shim}]}` },
    ['00-multus.conflist'],
    'thick',
  ],
  [
    'an old thin configuration after the thick one',
    { 'etc/cni/net.d/00-multus.conf': shim, 'etc/cni/net.d/70-multus.conf': thin },
    ['00-multus.conf', '70-multus.conf'],
    'thick',
  ],
  [
    'files that a runtime does not take, a folder among them',
    {
      'etc/cni/net.d/00-multus.conf.bak': shim,
      'etc/cni/net.d/multus.d/multus.kubeconfig': 'x',
      'etc/cni/net.d/.swp': shim,
      'etc/cni/net.d/5.json': flannel,
    },
    ['5.json'],
    null,
  ],
  ['a broken one', { 'etc/cni/net.d/00-multus.conf': shim.slice(0, -3) }, ['00-multus.conf'], null],
  // The words are there, but not as the type of a plugin.
  [
    'the name alone',
    { 'etc/cni/net.d/1.conf': '{"type":"bridge","name":"multus","ipam":{"type":"multus-shim"}}' },
    ['1.conf'],
    null,
  ],
])('CNI configurations: %s', (_, tree, configFiles, multus) => {
  expect(cniOf(tree).cni).toEqual({ configFiles, multus });
});

it('notes a Multus that is installed and not configured, and lets a configuration decide', () => {
  const bin = { 'opt/cni/bin/multus-shim': '', 'opt/cni/bin/multus': '' };
  expect(cniOf(bin)).toMatchObject({ cni: { multus: null } });
  expect(cniOf(bin).evidence).toContainEqual({
    claim: 'multus',
    source: '/opt/cni/bin/multus-shim',
    value: 'installed, but in no configuration',
  });
  const configured = cniOf({ ...bin, 'etc/cni/net.d/00-multus.conf': thin });
  expect(configured.cni.multus).toBe('thin');
  expect(configured.evidence.filter(({ claim }) => claim === 'multus')).toEqual([
    { claim: 'multus', source: '/etc/cni/net.d/00-multus.conf', value: 'thin (type multus)' },
  ]);
});

it('takes anything for a configuration', () => {
  fc.assert(
    fc.property(fc.oneof(junk, fc.json()), (text) => {
      expect(Array.isArray(pluginTypes(text))).toBe(true);
    }),
  );
});
