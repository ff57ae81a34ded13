// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { schemaVersion } from '../schema-version.ts';
import { version } from '../version.ts';
import { examples, withContext } from './command.ts';

export function versionCommand(): Command {
  return new Command('version')
    .summary('print the versions of vdpactl, Node.js and DPDK')
    .description('Prints the versions of vdpactl, of the Node.js it runs on, and of the DPDK on this machine.')
    .addHelpText('after', examples([['For a bug report', 'vdpactl version -o json']]))
    .action(
      withContext(async (context) => {
        const { installedDpdk } = await import('../platform/dpdk.ts');
        const dpdk = await installedDpdk(context.env);
        const doc = { schemaVersion, vdpactl: version, node: process.versions.node, dpdk: dpdk?.version ?? null };
        await context.emit(
          doc,
          () => `vdpactl ${doc.vdpactl}\nnode    ${doc.node}\ndpdk    ${doc.dpdk ?? 'not installed'}\n`,
        );
      }),
    );
}
