// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { NodeReport } from '../../platform/node-report.ts';

/** As Kubernetes names nodes: a DNS subdomain. */
const nodeName = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/**
 * The Kubernetes name of each node, in the order of the reports: the host name in lower case, as kubelet makes it.
 * Throws VDPA-RENDER-001 for a name that no node can have and for two nodes of one name.
 */
export function nodeNames(reports: readonly NodeReport[]): string[] {
  const names = reports.map(({ node: { name } }, index) => {
    const lower = name?.toLowerCase() ?? '';
    if (nodeName.test(lower)) return lower;
    throw new VdpaError(
      'VDPA-RENDER-001',
      name === null ? 'a node has no name' : `no node of Kubernetes can be called ${JSON.stringify(name)}`,
      {
        where: `report ${index + 1} of ${reports.length}`,
        next: 'set node.name in the report to the name that kubectl get nodes shows',
      },
    );
  });
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new VdpaError('VDPA-RENDER-001', `two reports are of a node ${twice}`, {
      where: twice,
      next: 'give one report of each node',
    });
  }
  return names;
}
