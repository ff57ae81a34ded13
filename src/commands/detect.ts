// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import type { Config } from '../config/config-schema.ts';
import type { FleetResult } from '../fleet/fleet-result.ts';
import type { NodeReport } from '../platform/node-report.ts';
import { addConfigOption, type Context, examples, withContext } from './command.ts';
import { addFleetOptions, type FleetOptions, readFleet } from './fleet.ts';
import { type ConfigOptions, loadCommandConfig } from './load.ts';
import { addImageOptions, addStackOptions } from './options.ts';
import { addReportOptions, type ReportOptions, readReports } from './reports.ts';

interface DetectOptions extends ConfigOptions, ReportOptions, FleetOptions {
  readonly save?: string;
  readonly force?: boolean;
}

export function detectCommand(): Command {
  const command = new Command('detect')
    .summary('say what is on this machine, a cluster or other hosts, and what would be done with it')
    .description(
      'Reads what is on this machine (NICs, drivers, IOMMU, huge pages, CPUs, modules) and prints it with the decision that follows, the evidence for it and against each alternative. Changes nothing. Where the firmware names a cloud, its metadata service is asked who the machine is, for a second at most. With --cluster or --ssh it looks at other machines instead, many at once, and prints a table; where one cannot be looked at, it says why and goes on.',
    )
    .addOption(
      new Option('--save <file>', 'also save what was read, to be given to --from anywhere (.tgz)').conflicts('from'),
    )
    .option('--force', 'replace a file that --save would overwrite')
    .addHelpText(
      'after',
      examples([
        ['What is here?', 'vdpactl detect'],
        [
          'For a script: the PCI addresses of all uplinks',
          "vdpactl detect -o json | jq -r '.nics[] | select(.uplink).pciAddress'",
        ],
        ['Take a node home, and look at it there', 'vdpactl detect --save node.tgz && vdpactl detect --from node.tgz'],
        ['The nodes of a cluster, and what would be done with each', 'vdpactl detect --cluster --nodes pool=fast'],
        ['Hosts that have no vdpactl, for later', 'vdpactl detect --ssh host1 host2 -o json > hosts.json'],
        ['A captured tree', 'vdpactl detect --root ./captured-node'],
      ]),
    )
    .action(
      withContext<DetectOptions>(async (context, options) => {
        const { config, set } = await loadCommandConfig(context, options);
        if (options.force === true && options.save === undefined) throw await forceAlone();
        const fleet = await readFleet(context, options, config);
        if (fleet !== null) return printFleet(context, fleet, config, set);
        if (options.from === undefined) await stayOnOneThread();
        const reports = await readOrSave(context, options);
        const [report] = reports;
        if (report === undefined || reports.length > 1) {
          const named = reports.map((one) => ({ node: one.node.name ?? 'unknown', report: one }));
          return printFleet(context, named, config, set);
        }
        const { decide } = await import('../providers/decide.ts');
        const decision = decide(report, config, set);
        await context.emit({ ...report, decision }, async () => {
          const { detectText } = await import('../output/detect-text.ts');
          return detectText(report, decision);
        });
      }),
    );
  return addImageOptions(addStackOptions(addConfigOption(addFleetOptions(addReportOptions(command)))));
}

async function forceAlone(): Promise<Error> {
  const { VdpaError } = await import('../errors/vdpa-error.ts');
  return new VdpaError('VDPA-USAGE-001', '--force goes with --save only', {
    next: 'add --save FILE.tgz, or leave --force out; see: vdpactl detect --help',
  });
}

/**
 * One probe is over before the optimizing compiler is done with what it is made of, and what it leaves to collect is little.
 * Both work on other threads, but on somebody's CPU: of a host with 256 functions a fifth of all that the command takes.
 */
async function stayOnOneThread(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--no-opt --no-parallel-scavenge');
}

async function printFleet(
  context: Context,
  results: readonly FleetResult[],
  config: Config,
  set: readonly string[],
): Promise<void> {
  const [{ decideFleet }, { fleetDocument, fleetText }] = await Promise.all([
    import('../fleet/decide-fleet.ts'),
    import('../output/fleet-text.ts'),
  ]);
  const rows = decideFleet(results, config, set);
  const failed = rows.find((row) => 'error' in row);
  if (failed !== undefined) context.setExitCode(failed.error.exitCode);
  await context.emit(fleetDocument(rows), () => fleetText(rows));
}

async function readOrSave(context: Context, options: DetectOptions): Promise<NodeReport[]> {
  const { save, force = false, root, cloud } = options;
  if (save === undefined) return readReports(context, options);
  const [{ saveProbe }, { resolve }] = await Promise.all([import('../platform/capture/save.ts'), import('node:path')]);
  const { report } = await saveProbe({
    file: resolve(context.cwd, save),
    shown: save,
    force,
    env: context.env,
    ...(root === undefined ? {} : { root }),
    cloud: { cloud: cloud ?? 'auto', signal: context.signal },
  });
  context.progress.done(`saved to ${save}`);
  return [report];
}
