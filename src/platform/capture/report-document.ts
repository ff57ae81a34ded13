// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { messageOf, VdpaError } from '../../errors/vdpa-error.ts';
import { schemaVersion } from '../../schema-version.ts';
import { type NodeReport, nodeReportSchema } from '../node-report.ts';
import { type ReportSchema, reportCompleter } from './complete-report.ts';

/** Problems shown of one file. */
const maxProblems = 20;

/**
 * The reports in a JSON document: that of `detect -o json`, or one with many under `nodes`. Parts that are missing become
 * null or empty and have a line of evidence; unknown keys are dropped.
 * @throws VdpaError VDPA-BUNDLE-003 when it is none of them, or a value has a wrong type.
 */
export function parseReports(text: string, where: string): NodeReport[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw notReport(where, `it is not JSON: ${messageOf(error).slice(0, 200)}`, [], error);
  }
  if (!isRecord(document)) throw notReport(where, 'it is no JSON object');
  const version = document['schemaVersion'];
  if (version !== undefined && version !== schemaVersion) {
    const found = typeof version === 'string' ? JSON.stringify(version.slice(0, 64)) : 'no text';
    throw notReport(where, `its schemaVersion is ${found}; this vdpactl understands ${schemaVersion}`);
  }
  const many = document['nodes'];
  if (many !== undefined && !Array.isArray(many)) throw notReport(where, 'nodes is no list');
  const raw: readonly unknown[] = many ?? [document];
  const complete = completer();
  const problems: string[] = [];
  const reports = raw.flatMap((entry, index) => {
    const path = many === undefined ? '' : `nodes[${index}]`;
    // Of a node that could not be looked at there is only the error.
    if (many !== undefined && isRecord(entry) && isRecord(entry['error']) && entry['nics'] === undefined) return [];
    if (!isRecord(entry) || (entry['node'] === undefined && entry['nics'] === undefined)) {
      problems.push(`${path === '' ? 'it' : path} has neither node nor nics`);
      return [];
    }
    const parsed = nodeReportSchema.safeParse({ ...complete(entry), schemaVersion });
    if (parsed.success) return [withoutContradiction(parsed.data)];
    for (const issue of parsed.error.issues) problems.push(describe(issue, path));
    return [];
  });
  if (problems.length === 0) return reports;
  const shown = problems.slice(0, maxProblems);
  const more = problems.length - shown.length;
  throw notReport(
    where,
    `it has ${problems.length === 1 ? 'a value' : `${problems.length} values`} that no report has`,
    more > 0 ? [...shown, `and ${more} more`] : shown,
  );
}

let known: ReturnType<typeof reportCompleter> | null = null;

function completer(): ReturnType<typeof reportCompleter> {
  if (known === null) {
    const { node, nics, evidence } = nodeReportSchema.shape;
    // JSON Schema allows more than zod writes for these.
    known = reportCompleter(z.toJSONSchema(z.object({ node, nics, evidence })) as ReportSchema);
  }
  return known;
}

/** A NIC with reasons to be an uplink is one, whatever else the report says. */
function withoutContradiction(report: NodeReport): NodeReport {
  const nics = report.nics.map((nic) => ({ ...nic, uplink: nic.uplink || nic.uplinkReasons.length > 0 }));
  return { ...report, nics };
}

function describe(issue: z.core.$ZodIssue, path: string): string {
  const steps = issue.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  const at = `${path}${steps}`.replace(/^\./, '');
  return `${at === '' ? 'it' : at}: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`;
}

function notReport(where: string, why: string, details: readonly string[] = [], cause?: unknown): VdpaError {
  return new VdpaError('VDPA-BUNDLE-003', `this is no report that vdpactl understands: ${why}`, {
    where,
    next: 'make it with: vdpactl detect -o json > FILE, or save a probe: vdpactl detect --save FILE.tgz',
    details,
    cause,
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
