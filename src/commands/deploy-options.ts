// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from 'commander';
import type { AdoptionPolicy } from '../cluster/stack/owner.ts';
import type { TargetOptions } from './cluster.ts';
import { numberBetween } from './command.ts';

/** What a plan for clusters is made from, and how far it may go, as commander gives it. */
export interface PlanOptions extends TargetOptions {
  readonly from?: readonly string[];
  readonly adopt: AdoptionPolicy;
  readonly forceConflicts?: readonly string[];
  readonly allowDowngrade?: boolean;
  readonly probeTimeout?: number;
}

export interface ClusterDeployOptions extends PlanOptions {
  readonly dryRun?: 'client' | 'server';
  readonly plan?: string;
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly timeout?: number;
  readonly pullTimeout: number;
  readonly rollbackOnFailure?: boolean;
}

/** Options that mean something in a cluster only: none of them may be lost where this machine is meant. */
export function clusterOnlyOptions(options: ClusterDeployOptions): string[] {
  const { from, plan, dryRun, rollbackOnFailure, forceConflicts, allowDowngrade, adopt, probeTimeout } = options;
  const given: Readonly<Record<string, boolean>> = {
    '--from': from !== undefined,
    '--plan': plan !== undefined,
    '--dry-run': dryRun !== undefined,
    '--rollback-on-failure': rollbackOnFailure === true,
    '--force-conflicts': forceConflicts !== undefined,
    '--allow-downgrade': allowDowngrade === true,
    '--adopt': adopt !== 'must-match',
    '--probe-timeout': probeTimeout !== undefined,
  };
  return Object.keys(given).filter((name) => given[name]);
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The options of every command that compares a stack with clusters. */
export function addPlanOptions(command: Command): Command {
  return command
    .option(
      '--from <file>',
      'in a cluster: take the reports of its nodes from here instead of probing them (of detect -o json or --save); may be given again',
      collect,
    )
    .addOption(
      new Option(
        '--adopt <policy>',
        'in a cluster: what becomes of objects that are there already and not of this stack',
      )
        .choices(['must-match', 'adopt-if-unowned', 'adopt-all'])
        .default('must-match'),
    )
    .option(
      '--force-conflicts <object>',
      'in a cluster: take over fields of this object that another manager has set: KIND/NAME, or all; may be given again',
      collect,
    )
    .option('--allow-downgrade', 'in a cluster: change a stack that a newer vdpactl deployed')
    .addOption(
      new Option(
        '--probe-timeout <seconds>',
        'in a cluster: how long the probe of a node may take (default: 180)',
      ).argParser(numberBetween(1, 3600)),
    );
}

/** The options of a deployment to clusters. */
export function addDeploymentOptions(command: Command): Command {
  return addPlanOptions(command)
    .addOption(
      new Option(
        '--dry-run <how>',
        'in a cluster: change nothing, and print what would be changed; server: the API server judges every object',
      ).choices(['client', 'server']),
    )
    .option('--plan <file>', 'with --dry-run: also write the plan to this file; without: do exactly what it says')
    .option('--yes', 'ask nothing (nothing is asked without a terminal either)')
    .option('--force', 'replace a file that --plan would overwrite')
    .addOption(
      new Option('--pull-timeout <seconds>', 'in a cluster: how long images may take to be pulled')
        .argParser(numberBetween(1, 7200))
        .default(1800),
    )
    .option(
      '--rollback-on-failure',
      'in a cluster: save the evidence, then put back the stack that was there, or none',
    );
}
