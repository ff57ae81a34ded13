// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../../src/cluster/deploy/deploy-cluster.ts';
import type { PlannedNode } from '../../../src/cluster/stack/stack-plan.ts';
import { VdpaError } from '../../../src/errors/vdpa-error.ts';
import { deploymentFields, failedFields } from '../../../src/output/cluster/deploy-document.ts';
import { deploymentText, plannedText, sameText } from '../../../src/output/cluster/deploy-text.ts';
import { toJson } from '../../../src/output/document.ts';
import { change, field, node, place } from './sample-changes.ts';

const planned = (name: string, provider: string, backend: string, devices: number): PlannedNode => ({
  ...{ name, provider, backend, devices },
  labels: {},
});
const unreachable = new VdpaError('VDPA-CLUSTER-007', 'the probe did not run: ErrImagePull', {
  where: 'node metal-9',
  next: 'see: kubectl describe node metal-9',
});

const deployed = {
  state: 'deployed' as const,
  plan: {
    objects: [],
    nodes: [
      ...Array.from({ length: 5 }, (_, index) => planned(`aws-${index + 1}`, 'aws', 'testpmd', 1)),
      planned('metal-1', 'baremetal', 'dpdk-vdpa', 8),
      planned('metal-2', 'baremetal', 'dpdk-vdpa', 8),
    ],
  },
  changes: {
    objects: [
      change('create', 'DaemonSet', 'vdpactl-agent'),
      change('configure', 'ConfigMap', 'vdpactl-config', { fields: [field('.data.level', 'info', 'debug')] }),
      change('unchanged', 'Namespace', 'vdpactl-system', { namespace: null }),
    ],
    nodes: [node('aws-1', 'label'), node('aws-2', 'unchanged'), node('aws-9', 'release')],
  },
  skipped: [
    { node: 'metal-9', error: unreachable, kept: false },
    { node: 'metal-8', error: unreachable, kept: true },
  ],
  leftOut: ['web-1', 'web-2', 'web-3', 'web-4'],
  waited: {
    waitedMs: 42_123.4,
    pullMs: 31_000.2,
    objects: [],
    nodes: [],
    unavailableNodes: [{ name: 'aws-5', why: 'it is not ready' }],
  },
  warnings: ['the inventory of the stack is gone; its objects are found by their annotation instead'],
} satisfies Deployment;
const quiet: Deployment = {
  ...deployed,
  waited: { ...deployed.waited, unavailableNodes: [] },
  skipped: [],
  leftOut: [],
  warnings: [],
};

describe('what a deployment came to', () => {
  it('deployed, with all that is to be said', () => {
    expect(deploymentText(place, deployed)).toMatchInlineSnapshot(`
      "deployed and ready in context metal, namespace vdpactl-system after 42.1 s, of which images took 31.0 s

      provider   backend    devices  nodes
      aws        testpmd    1        aws-1, aws-2, aws-3 and 2 more
      baremetal  dpdk-vdpa  8        metal-1, metal-2

      + create    DaemonSet vdpactl-system/vdpactl-agent
      ~ configure ConfigMap vdpactl-system/vdpactl-config
          .data.level: "info" -> "debug"
      ~ label     Node aws-1
          .metadata.labels["vdpactl.io/provider"]: none -> "aws"
      - release   Node aws-9
          .metadata.labels["vdpactl.io/provider"]: "aws" -> none
      1 to create, 1 to configure, 1 node to label, 1 node to release, 1 object unchanged

      warning: the inventory of the stack is gone; its objects are found by their annotation instead
      warning: node metal-9: the probe did not run: ErrImagePull; it is left out
      warning: node metal-8: the probe did not run: ErrImagePull; it stays as it is
      left out, having no NIC to give away: web-1, web-2, web-3 and 1 more
      warning: not ready yet: node aws-5: it is not ready

      next: vdpactl status --target kubernetes --context metal --namespace vdpactl-system
      "
    `);
  });
  it('unchanged', () => {
    expect(deploymentText(place, { ...quiet, state: 'unchanged' })).toMatchInlineSnapshot(`
      "nothing to do: the stack in context metal, namespace vdpactl-system is as wanted and ready

      provider   backend    devices  nodes
      aws        testpmd    1        aws-1, aws-2, aws-3 and 2 more
      baremetal  dpdk-vdpa  8        metal-1, metal-2

      next: vdpactl status --target kubernetes --context metal --namespace vdpactl-system
      "
    `);
  });
  it('declined', () => {
    expect(deploymentText(place, { ...quiet, state: 'declined', waited: null })).toMatchInlineSnapshot(`
      "nothing was changed in context metal, namespace vdpactl-system

      provider   backend    devices  nodes
      aws        testpmd    1        aws-1, aws-2, aws-3 and 2 more
      baremetal  dpdk-vdpa  8        metal-1, metal-2
      "
    `);
  });
  it('planned', () => {
    expect(plannedText(place, deployed)).toMatchInlineSnapshot(`
      "in context metal, namespace vdpactl-system, a deployment would change:

      + create    DaemonSet vdpactl-system/vdpactl-agent
      ~ configure ConfigMap vdpactl-system/vdpactl-config
          .data.level: "info" -> "debug"
      ~ label     Node aws-1
          .metadata.labels["vdpactl.io/provider"]: none -> "aws"
      - release   Node aws-9
          .metadata.labels["vdpactl.io/provider"]: "aws" -> none
      1 to create, 1 to configure, 1 node to label, 1 node to release, 1 object unchanged

      provider   backend    devices  nodes
      aws        testpmd    1        aws-1, aws-2, aws-3 and 2 more
      baremetal  dpdk-vdpa  8        metal-1, metal-2

      warning: the inventory of the stack is gone; its objects are found by their annotation instead
      warning: node metal-9: the probe did not run: ErrImagePull; it is left out
      warning: node metal-8: the probe did not run: ErrImagePull; it stays as it is
      left out, having no NIC to give away: web-1, web-2, web-3 and 1 more
      "
    `);
  });
  it('planned, and the same', () => {
    expect(sameText(place, quiet)).toMatchInlineSnapshot(`
      "no difference in context metal, namespace vdpactl-system
      "
    `);
  });
  it('names a dozen nodes that could not be asked', () => {
    const skipped = Array.from({ length: 13 }, (_, index) => ({ node: `n${index}`, error: unreachable, kept: false }));
    expect(plannedText(place, { ...quiet, skipped })).toContain('warning: more could not be asked, 13 in all');
  });
  it('names a dozen kinds of nodes', () => {
    const nodes = Array.from({ length: 20 }, (_, index) => planned(`n${index}`, 'baremetal', 'testpmd', index + 1));
    const text = deploymentText(place, { ...quiet, plan: { objects: [], nodes } });
    expect(text).toContain('and 8 more kinds of nodes');
  });
});

describe('the same as data', () => {
  const states = {
    planned: deploymentFields(place, 'planned', deployed, null),
    declined: deploymentFields(place, 'declined', deployed, null),
    unchanged: deploymentFields(place, 'unchanged', quiet, quiet.waited),
    deployed: deploymentFields(place, 'deployed', deployed, deployed.waited),
    failed: failedFields(place, unreachable),
  };
  it.each(Object.keys(states) as (keyof typeof states)[])('%s has the same keys, and says so', (state) => {
    expect(Object.keys(states[state])).toEqual(Object.keys(states.deployed));
    expect(states[state].state).toBe(state);
  });
  it('is plain data', () => {
    expect(JSON.parse(toJson(states.deployed))).toMatchInlineSnapshot(`
      {
        "context": "metal",
        "error": null,
        "leftOut": [
          "web-1",
          "web-2",
          "web-3",
          "web-4",
        ],
        "namespace": "vdpactl-system",
        "nodes": [
          {
            "action": "label",
            "backend": "testpmd",
            "devices": 1,
            "fields": [
              {
                "path": ".metadata.labels["vdpactl.io/provider"]",
                "to": "aws",
              },
            ],
            "name": "aws-1",
            "provider": "aws",
          },
          {
            "action": "unchanged",
            "backend": "testpmd",
            "devices": 1,
            "fields": [],
            "name": "aws-2",
            "provider": "aws",
          },
          {
            "action": null,
            "backend": "testpmd",
            "devices": 1,
            "fields": [],
            "name": "aws-3",
            "provider": "aws",
          },
          {
            "action": null,
            "backend": "testpmd",
            "devices": 1,
            "fields": [],
            "name": "aws-4",
            "provider": "aws",
          },
          {
            "action": null,
            "backend": "testpmd",
            "devices": 1,
            "fields": [],
            "name": "aws-5",
            "provider": "aws",
          },
          {
            "action": null,
            "backend": "dpdk-vdpa",
            "devices": 8,
            "fields": [],
            "name": "metal-1",
            "provider": "baremetal",
          },
          {
            "action": null,
            "backend": "dpdk-vdpa",
            "devices": 8,
            "fields": [],
            "name": "metal-2",
            "provider": "baremetal",
          },
        ],
        "objects": [
          {
            "action": "create",
            "adopted": false,
            "apiVersion": "v1",
            "fields": [],
            "kind": "DaemonSet",
            "name": "vdpactl-agent",
            "namespace": "vdpactl-system",
            "unverified": null,
          },
          {
            "action": "configure",
            "adopted": false,
            "apiVersion": "v1",
            "fields": [
              {
                "from": "info",
                "path": ".data.level",
                "to": "debug",
              },
            ],
            "kind": "ConfigMap",
            "name": "vdpactl-config",
            "namespace": "vdpactl-system",
            "unverified": null,
          },
          {
            "action": "unchanged",
            "adopted": false,
            "apiVersion": "v1",
            "fields": [],
            "kind": "Namespace",
            "name": "vdpactl-system",
            "namespace": null,
            "unverified": null,
          },
        ],
        "released": [
          "aws-9",
        ],
        "server": "https://metal.example.org:6443/",
        "skipped": [
          {
            "error": {
              "code": "VDPA-CLUSTER-007",
              "details": [],
              "exitCode": 3,
              "message": "the probe did not run: ErrImagePull",
              "next": "see: kubectl describe node metal-9",
              "where": "node metal-9",
            },
            "kept": false,
            "node": "metal-9",
          },
          {
            "error": {
              "code": "VDPA-CLUSTER-007",
              "details": [],
              "exitCode": 3,
              "message": "the probe did not run: ErrImagePull",
              "next": "see: kubectl describe node metal-9",
              "where": "node metal-9",
            },
            "kept": true,
            "node": "metal-8",
          },
        ],
        "state": "deployed",
        "unavailable": [
          {
            "node": "aws-5",
            "why": "it is not ready",
          },
        ],
        "waited": {
          "pullMs": 31000,
          "waitedMs": 42123,
        },
        "warnings": [
          "the inventory of the stack is gone; its objects are found by their annotation instead",
        ],
      }
    `);
    expect(JSON.parse(toJson(states.failed)).error).toMatchObject({
      code: 'VDPA-CLUSTER-007',
      exitCode: 3,
      where: 'node metal-9',
    });
  });
});
