// SPDX-License-Identifier: Apache-2.0
import { messageOf, VdpaError } from '../../errors/vdpa-error.ts';
import { parseReports } from '../../platform/capture/report-document.ts';
import type { NodeReport } from '../../platform/node-report.ts';
import { documentInLog } from '../node-pods/document-in-log.ts';
import type { PodLog } from '../node-pods/node-job.ts';
import type { ClusterNode } from './list-nodes.ts';

/** A report of a node with 1,000 functions is about 1 MiB. */
export const answerLimitBytes = 8 * 1024 * 1024;

/**
 * The report in the log of a probe pod, which anything may have written to. It is one of the node that the pod ran on,
 * whatever it says itself, and runs in the cloud that the node object names.
 * @throws VdpaError VDPA-CLUSTER-008 when there is none.
 */
export function readAnswer(log: PodLog, { name: node, cloud }: Pick<ClusterNode, 'name' | 'cloud'>): NodeReport {
  const refuse = (what: string, details: readonly string[] = []) =>
    new VdpaError('VDPA-CLUSTER-008', `the probe answered ${what}`, {
      where: `node ${node}`,
      next: 'see that kubernetes.images.node of the config is the node image of this version of vdpactl',
      details,
    });
  if (log.truncated) throw refuse(`more than ${answerLimitBytes / 1024 / 1024} MiB`);
  const document = documentInLog(log.text);
  if (document === null) throw refuse('no JSON', log.text.trim().split('\n').slice(-3));
  let reports: NodeReport[];
  try {
    reports = parseReports(document, `node ${node}`);
  } catch (error) {
    const details = error instanceof VdpaError ? error.details : [];
    throw refuse(`something that is no report: ${messageOf(error)}`, details);
  }
  const [report] = reports;
  if (report === undefined || reports.length > 1) throw refuse(`${reports.length} reports instead of one`);
  const named = underName(report, node);
  return cloud === null ? named : { ...named, node: { ...named.node, cloud } };
}

/** The report under the name by which the cluster knows the node. */
function underName(report: NodeReport, name: string): NodeReport {
  const evidence = report.evidence.map((entry) =>
    entry.claim === 'name' ? { claim: 'name', source: 'Kubernetes', value: name } : entry,
  );
  return { ...report, node: { ...report.node, name }, evidence };
}
