// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { destroyCommand } from '../../src/commands/destroy.ts';
import type { FakeObject } from '../cluster-runtime/watch/fake-api.ts';
import { clusterFolder } from './cluster-commands.ts';

const lab = clusterFolder();
const destroy = (...args: readonly string[]) => lab.run(destroyCommand(), ...args);
const labels = { 'app.kubernetes.io/managed-by': 'vdpactl', 'app.kubernetes.io/part-of': 'vdpactl' };
const owned = (name: string): FakeObject => ({
  metadata: {
    name,
    namespace: 'vdpactl-system',
    uid: name,
    labels,
    annotations: { 'vdpactl.io/owner': 'vdpactl-system' },
  },
});
const configMaps = '/api/v1/namespaces/vdpactl-system/configmaps';
const pod = (name: string, more: object = {}): FakeObject => ({
  metadata: { name, namespace: 'shop', ...more },
  spec: { nodeName: 'aws-1', containers: [{ resources: { requests: { 'vdpactl.io/vdpa': '1' } } }] },
});

describe('vdpactl destroy in a cluster', () => {
  it('finds nothing where nothing is, leaves it so, and exits with 0', async () => {
    const { exit, document } = await destroy();
    expect(exit).toBe(0);
    expect(document.clusters).toMatchObject([{ context: 'one', state: 'absent', objects: [], nodes: [] }]);
    expect(lab.api.writes).toEqual([]);
  });

  it('removes what says that it is of the stack, although the inventory is lost', async () => {
    lab.api.put(configMaps, owned('vdpactl-config'));
    lab.api.put(configMaps, { metadata: { name: 'theirs', namespace: 'vdpactl-system' } });
    const { document } = await destroy('--yes');
    expect(document.clusters[0]).toMatchObject({
      state: 'destroyed',
      objects: [{ kind: 'ConfigMap', name: 'vdpactl-config', outcome: 'removed' }],
      warnings: ['the inventory of the stack is gone; its objects are found by their annotation instead'],
    });
    expect(lab.api.get(configMaps, 'vdpactl-system/theirs')).toBeDefined();
    expect((await destroy()).document.clusters[0].state).toBe('absent');
  });

  it('is refused while pods of others have devices, and lets go of the lease', async () => {
    lab.api.put(configMaps, owned('vdpactl-config'));
    lab.api.put('/api/v1/namespaces/shop/pods', pod('cache-0'));
    lab.api.put('/api/v1/namespaces/shop/pods', pod('ours', { labels }));
    await expect(destroy()).rejects.toMatchObject({
      code: 'VDPA-STACK-007',
      message: 'a pod has devices of this stack, and would lose them',
      details: ['pod shop/cache-0 on aws-1'],
    });
    expect(lab.api.get(configMaps, 'vdpactl-system/vdpactl-config')).toBeDefined();
    expect((await destroy('--force')).document.clusters[0].state).toBe('destroyed');
  });
});
