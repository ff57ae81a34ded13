// SPDX-License-Identifier: Apache-2.0
import { Command, InvalidArgumentError, Option } from 'commander';
import type { RoleSubject } from '../cluster/rbac/deployer-role.ts';
import { addConfigOption, examples, type GlobalOptions, withContext } from './command.ts';
import { type ConfigOptions, loadCommandConfig } from './load.ts';

interface RbacOptions extends ConfigOptions {
  readonly namespace?: string;
  readonly user?: readonly RoleSubject[];
  readonly group?: readonly RoleSubject[];
  readonly serviceaccount?: readonly RoleSubject[];
}

export function rbacCommand(): Command {
  const command = new Command('rbac')
    .summary('print the least rights that deploy needs in a cluster')
    .description(
      'Prints the least roles with which somebody can run detect --cluster, deploy, diff, status, sysdump and destroy with this config: a ClusterRole, and a Role in each namespace of the stack, where that is enough. The namespaces come along, so that no right is needed to make any. Made from the same code that deploys. An administrator applies it; asks no cluster.',
    )
    .option('--namespace <name>', 'namespace of the stack')
    .addOption(new Option('--user <name>', 'bind them to this user; may be given again').argParser(subject('User')))
    .addOption(new Option('--group <name>', 'bind them to this group; may be given again').argParser(subject('Group')))
    .addOption(
      new Option(
        '--serviceaccount <namespace:name>',
        'bind them to this service account; may be given again',
      ).argParser(serviceAccount),
    )
    .addOption(
      new Option('-o, --output <format>', 'how to print the result').choices(['yaml', 'json', 'text']).default('yaml'),
    )
    .addHelpText(
      'after',
      examples([
        ['What is needed, and what for?', 'vdpactl rbac -o text'],
        ['Give it to a user', 'vdpactl rbac --user jane | kubectl apply -f -'],
        [
          'Give it to a pipeline, and look whether it has it',
          'vdpactl rbac --serviceaccount ci:deployer | kubectl apply -f - && vdpactl check --cluster --only VDPA-RBAC-001 --as system:serviceaccount:ci:deployer',
        ],
      ]),
    )
    .action(
      withContext<RbacOptions>(async (context, options: RbacOptions & GlobalOptions) => {
        const [loaded, { deployerRole }, { requiredGrants }] = await Promise.all([
          loadCommandConfig(context, options),
          import('../cluster/rbac/deployer-role.ts'),
          import('../cluster/rbac/required-rules.ts'),
        ]);
        const { kubernetes } = loaded.config;
        const namespace = options.namespace ?? kubernetes.namespace;
        const config = { ...loaded.config, kubernetes: { ...kubernetes, namespace } };
        const { user = [], group = [], serviceaccount = [] } = options;
        const items = deployerRole(config, [...user, ...group, ...serviceaccount]);
        if (options.output === 'json') return context.emit({ apiVersion: 'v1', kind: 'List', items }, () => '');
        const { rbacText, rbacYaml } = await import('../output/cluster/rbac-text.ts');
        const grants = requiredGrants(config);
        await context.progress.settled();
        context.stdout(options.output === 'text' ? rbacText(grants) : rbacYaml(items, grants));
      }),
    );
  return addConfigOption(command);
}

function subject(kind: 'User' | 'Group'): (name: string, before?: readonly RoleSubject[]) => readonly RoleSubject[] {
  return (name, before = []) => [...before, { kind, name }];
}

function serviceAccount(text: string, before: readonly RoleSubject[] = []): readonly RoleSubject[] {
  const [, namespace, name] = /^([a-z0-9-]+):([a-z0-9.-]+)$/.exec(text) ?? [];
  if (namespace === undefined || name === undefined) {
    throw new InvalidArgumentError('It must be NAMESPACE:NAME.');
  }
  return [...before, { kind: 'ServiceAccount', namespace, name }];
}
