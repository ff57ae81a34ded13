// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { listImages } from '../../../src/cluster/images/list-images.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { imagesText } from '../../../src/output/cluster/images-text.ts';
import { decide } from '../../../src/providers/decide.ts';
import { renderKubernetes } from '../../../src/templates/kubernetes/render-kubernetes.ts';
import { awsNode, igbNode } from '../../fixtures/cluster-nodes.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const images = (kubernetes: object) => listImages(configSchema.parse({ kubernetes }));

describe('listImages', () => {
  it('names what each image is for, and how it is pinned', () => {
    const node = `registry.example.com/node@${digest}`;
    expect(images({ images: { node } })).toMatchObject([
      { name: 'node', reference: node, upstream: node, digest, version: null, workload: false },
      { name: 'devicePlugin', digest: null, version: 'v3.11.0', workload: false },
      { name: 'multus', digest: null, version: 'v4.3.0-thick', workload: false },
      { name: 'l3fwd', version: '0.1.0', workload: true },
    ]);
    expect(images({ multus: 'present', workloads: [] }).map(({ name }) => name)).toEqual(['node', 'devicePlugin']);
  });

  it('rewrites all of them to a registry, and keeps where they come from', () => {
    const registry = 'registry.example.com:5000/mirror';
    for (const { reference, upstream } of images({ images: { registry } })) {
      expect(reference.startsWith(`${registry}/`)).toBe(true);
      expect(upstream.startsWith('registry.example.com')).toBe(false);
    }
    expect(imagesText(images({ images: { registry } }))).toMatch(/^IMAGE +FOR +FROM\n/);
    expect(imagesText(images({}))).toMatch(/^IMAGE +FOR\n/);
  });

  it.each([
    {},
    { multus: 'install', workloads: ['l3fwd', 'seawreck'] },
    { multus: 'present', workloads: [] },
    { images: { registry: 'r.example.com' } },
  ])('has every image that is rendered with %j', (kubernetes) => {
    const config = configSchema.parse({ kubernetes });
    const nodes = [awsNode('a'), igbNode('b')].map((report) => ({ report, decision: decide(report, config) }));
    const rendered = JSON.stringify(renderKubernetes({ nodes, config }).objects).matchAll(/"image":"([^"]+)"/g);
    const listed = listImages(config).map(({ reference }) => reference);
    expect(listed).toEqual(expect.arrayContaining([...new Set([...rendered].map(([, image]) => image))]));
  });
});
