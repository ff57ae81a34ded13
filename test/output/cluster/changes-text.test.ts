// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeChange, PlannedChange } from '../../../src/cluster/plan/planned-change.ts';
import { changesText } from '../../../src/output/cluster/changes-text.ts';
import { change, field, node } from './sample-changes.ts';

const text = (objects: readonly PlannedChange[], nodes: readonly NodeChange[] = []) =>
  `\n${changesText({ objects, nodes }).join('\n')}\n`;

describe('changesText', () => {
  it('is one line for each object that changes, with its fields below it', () => {
    const objects = [
      change('create', 'Namespace', 'vdpactl-system', { namespace: null }),
      change('create', 'ConfigMap', 'vdpactl-config', { unverified: 'the namespace vdpactl-system comes first' }),
      change('configure', 'DaemonSet', 'vdpactl-agent', {
        fields: [
          field(
            '.spec.template.spec.containers[name=agent].image',
            'registry.example.org/vdpactl/agent:0.1.0',
            'registry.example.org/vdpactl/agent:0.2.0',
          ),
          field('.spec.template.spec.hostPID', undefined, true),
          field('.metadata.annotations["vdpactl.io/config-hash"]', 'a1', undefined),
        ],
        force: true,
      }),
      change('configure', 'Namespace', 'theirs', { namespace: null, adopted: true }),
      change('unchanged', 'ConfigMap', 'vdpactl-device-plugin'),
      change('delete', 'DaemonSet', 'vdpactl-multus'),
      change('delete', 'ConfigMap', 'theirs', { adopted: true }),
    ];
    const nodes = [node('n1', 'label'), node('n2', 'label'), node('n3', 'unchanged'), node('n4', 'release')];
    expect(text(objects, nodes)).toMatchInlineSnapshot(`
      "
      + create    Namespace vdpactl-system
      + create    ConfigMap vdpactl-system/vdpactl-config (not checked by the server: the namespace vdpactl-system comes first)
      ~ configure DaemonSet vdpactl-system/vdpactl-agent (takes fields over from other managers)
          .spec.template.spec.containers[name=agent].image:
            "registry.example.org/vdpactl/agent:0.1.0" -> "registry.example.org/vdpactl/agent:0.2.0"
          .spec.template.spec.hostPID: none -> true
          .metadata.annotations["vdpactl.io/config-hash"]: "a1" -> none
      ~ configure Namespace theirs (was there before the stack)
      - delete    DaemonSet vdpactl-system/vdpactl-multus
      - release   ConfigMap vdpactl-system/theirs (was there before the stack)
      ~ label     2 Nodes n1, n2
          .metadata.labels["vdpactl.io/provider"]: none -> "aws"
      - release   Node n4
          .metadata.labels["vdpactl.io/provider"]: "aws" -> none
      2 to create, 2 to configure, 1 to delete, 1 to release, 2 nodes to label, 1 node to release, 1 object unchanged
      "
    `);
  });

  it('names nodes that change alike together, a few of them', () => {
    const nodes = Array.from({ length: 1_000 }, (_, index) => node(`node-${index}`, 'label'));
    expect(text([], nodes)).toMatchInlineSnapshot(`
      "
      ~ label     1000 Nodes node-0, node-1, node-2, node-3, node-4, node-5 and 994 more
          .metadata.labels["vdpactl.io/provider"]: none -> "aws"
      1000 nodes to label, 0 objects unchanged
      "
    `);
  });

  it('shows a dozen fields, and says how many more there are', () => {
    const fields = Array.from({ length: 13 }, (_, index) => field(`.data.key${index}`, index, index + 1));
    const lines = text([change('configure', 'ConfigMap', 'x', { fields })]).split('\n');
    expect(lines.at(-3)).toBe('    and 1 more field');
  });

  it('keeps every value within the line, and lets no terminal take it for a command', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.jsonValue(), (from, to) => {
        const lines = changesText({
          objects: [change('configure', 'ConfigMap', 'x', { fields: [field('.data.a', from, to)] })],
          nodes: [],
        });
        for (const line of lines) {
          expect(line.length).toBeLessThanOrEqual(100);
          expect(line).not.toMatch(/\p{Cc}/u);
        }
      }),
    );
  });
});
