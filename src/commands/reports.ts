// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from 'commander';
import type { NodeReport } from '../platform/node-report.ts';
import type { Context } from './command.ts';

/** Where node reports come from, as commander gives it. */
export interface ReportOptions {
  readonly from?: readonly string[];
  readonly root?: string;
  readonly cloud?: 'auto' | 'none' | 'aws' | 'alibaba';
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The options that say whose report is read: this machine's, that of a folder, or those of saved files. */
export function addReportOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--from <file>',
        'read saved reports instead of this machine: of detect --save, or of detect -o json, one node or many; may be given again',
      )
        .argParser(collect)
        .conflicts(['root', 'cloud']),
    )
    .addOption(
      new Option(
        '--root <dir>',
        'read the sys, proc and lib/modules below this folder instead of the machine',
      ).conflicts('cloud'),
    )
    .addOption(
      new Option(
        '--cloud <name>',
        'which metadata service of this machine to ask: that of the cloud that the firmware names (auto), none, or this one',
      ).choices(['auto', 'none', 'aws', 'alibaba']),
    );
}

/** The reports that the options name. @throws VdpaError VDPA-PLATFORM-001, VDPA-BUNDLE-001 to -003 */
export async function readReports(context: Context, { from, root, cloud }: ReportOptions): Promise<NodeReport[]> {
  if (from !== undefined) {
    const [{ loadReports }, { resolve }] = await Promise.all([
      import('../platform/capture/load-reports.ts'),
      import('node:path'),
    ]);
    const reports: NodeReport[] = [];
    for (const file of from) reports.push(...(await loadReports(resolve(context.cwd, file), file)));
    return reports;
  }
  const { probe } = await import('../platform/probe.ts');
  const report = probe({ env: context.env, ...(root === undefined ? {} : { root }) });
  if (root !== undefined) return [report];
  const { withCloud } = await import('../platform/cloud/read-cloud.ts');
  return [await withCloud(report, { cloud: cloud ?? 'auto', env: context.env, signal: context.signal })];
}
