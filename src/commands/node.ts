// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import { VdpaError } from '../errors/vdpa-error.ts';
import type { JournalStore } from '../node/journal-file.ts';
import { addConfigOption, addGlobalOptions, type Context, examples, withContext } from './command.ts';
import { type ConfigOptions, loadCommandConfig } from './load.ts';
import type { CleanOptions } from './node-clean.ts';

interface NodeOptions {
  readonly stateDir: string;
  readonly dryRun: boolean;
}

export function nodeCommand(): Command {
  return new Command('node')
    .summary('make this node ready to give its NICs away, and put it back')
    .description(
      'Changes the node that it runs on so that its NICs can be given away, and puts it back as it was. An uplink is never touched.',
    )
    .addCommand(prepareCommand())
    .addCommand(restoreCommand())
    .addCommand(cleanCommand());
}

function prepareCommand(): Command {
  const command = new Command('prepare')
    .summary('bind, make and set aside what the decision needs')
    .description(
      'Carries out what vdpactl detect decides: loads modules, sets huge pages aside, makes virtual functions, binds NICs to the driver that they need, makes vDPA devices. The state before each step is recorded first, so that vdpactl node restore puts it back, after being killed half-way too. When a step fails, those before it are undone. Run again on a prepared node it does nothing.',
    )
    .addOption(
      new Option('--provider <name>', 'where the node runs').choices(['auto', 'baremetal', 'alibaba', 'aws', 'local']),
    )
    .addOption(
      new Option('--backend <name>', 'what stands behind the virtio rings').choices([
        'auto',
        'dpdk-vdpa',
        'vhost-vdpa',
        'testpmd',
      ]),
    )
    .addHelpText(
      'after',
      examples([
        ['See it first; needs no root', 'vdpactl node prepare --dry-run'],
        ['Do it', 'vdpactl node prepare'],
        ['Which devices it binds, for a script', "vdpactl node prepare --dry-run -o json | jq -r '.plan.steps[].text'"],
      ]),
    )
    .action(
      withContext<NodeOptions & ConfigOptions>(async (context, options) => {
        requireRoot(options);
        const { withNodeLock } = await import('../node/node-lock.ts');
        const result = options.dryRun
          ? await prepare(context, options)
          : await withNodeLock('node prepare', context, () => prepare(context, options));
        context.progress.done();
        await context.emit(result, async () => {
          const { prepareText } = await import('../output/node-text.ts');
          return prepareText(result);
        });
      }),
    );
  return addNodeOptions(addConfigOption(command));
}

function restoreCommand(): Command {
  const command = new Command('restore')
    .summary('put the node back as it was before it was prepared')
    .description(
      'Undoes what vdpactl node prepare did since the node was booted, the last step first: devices go back to their drivers, interfaces up again where they were, virtual functions, vDPA devices, huge pages and modules away. What is in use stays until it is not; run it again then. After a reboot there is nothing to undo.',
    )
    .addHelpText(
      'after',
      examples([
        ['See it first', 'vdpactl node restore --dry-run'],
        ['Do it', 'vdpactl node restore'],
      ]),
    )
    .action(
      withContext<NodeOptions>(async (context, options) => {
        requireRoot(options);
        const [{ withNodeLock }, { planRestore, restoreNode }] = await Promise.all([
          import('../node/node-lock.ts'),
          import('../node/restore.ts'),
        ]);
        const restore = async () => {
          const work = await openWork(context, options);
          return options.dryRun ? planRestore(work) : await restoreNode(work);
        };
        const result = options.dryRun ? await restore() : await withNodeLock('node restore', context, restore);
        context.progress.done();
        await context.emit(result, async () => {
          const { restoreText } = await import('../output/node-text.ts');
          return restoreText(result);
        });
      }),
    );
  return addNodeOptions(command);
}

function cleanCommand(): Command {
  const command = new Command('clean')
    .summary('remove everything that a stack left on this node')
    .description(
      'Undoes what vdpactl node restore undoes, and removes what the parts of a stack have put on this host: the CNI plugin, the run directory, device information, sockets, and with --multus the Multus that came with the stack. Files that are not exactly those that were installed stay. What a pod still uses stays too, and the exit code is 5; run it again then. vdpactl destroy does this on each node.',
    )
    .option('--multus', 'remove Multus too: the stack had installed it', false)
    .option('--host <dir>', 'where the file system of the host is', '/')
    .addOption(new Option('--result-file <file>', 'write the result there too, where it has at most 4 KiB').hideHelp())
    .addHelpText(
      'after',
      examples([
        ['See it first', 'vdpactl node clean --dry-run'],
        ['Do it', 'vdpactl node clean'],
        ['What is still in use, for a script', "vdpactl node clean -o json | jq -r '.left[].what'"],
      ]),
    )
    .action(
      withContext<CleanOptions>(async (context, options) => {
        requireRoot(options);
        const { withNodeLock } = await import('../node/node-lock.ts');
        const { cleanHost } = await import('./node-clean.ts');
        const clean = () => cleanHost(context, options);
        const { document, result, error } = options.dryRun
          ? await clean()
          : await withNodeLock('node clean', context, clean);
        context.progress.done();
        await context.emit(document, async () => {
          const { cleanText } = await import('../output/node-text.ts');
          return cleanText(result);
        });
        if (error === null || options.dryRun) return;
        // A document has it already, and there is to be one only.
        if (options.output === 'text') throw error;
        context.setExitCode(error.exitCode);
      }),
    );
  return addNodeOptions(command);
}

function addNodeOptions(command: Command): Command {
  return addGlobalOptions(
    command
      .option('--dry-run', 'say what would be done and change nothing', false)
      .option('--state-dir <dir>', 'where the state before is recorded', '/run/vdpactl-node'),
  );
}

async function prepare(context: Context, options: NodeOptions & ConfigOptions) {
  const [{ decide }, { withCloud }, { planPrepare, prepareNode }, { config, set }] = await Promise.all([
    import('../providers/decide.ts'),
    import('../platform/cloud/read-cloud.ts'),
    import('../node/prepare.ts'),
    loadCommandConfig(context, options),
  ]);
  const work = await openWork(context, options);
  const { env, signal } = context;
  const report = await withCloud(work.system.report(), { cloud: 'auto', env, signal });
  const decision = decide(report, config, set);
  return options.dryRun
    ? planPrepare(report, decision, config, work.journal)
    : prepareNode(report, decision, config, work);
}

async function openWork(context: Context, options: NodeOptions) {
  const [{ liveSystem }, { openJournal }, { journalFile }, { probe }, { resolve }] = await Promise.all([
    import('../node/live-system.ts'),
    import('../node/journal-session.ts'),
    import('../node/journal-file.ts'),
    import('../platform/probe.ts'),
    import('node:path'),
  ]);
  const { env, progress, signal } = context;
  const system = liveSystem(() => probe({ env }), env);
  const file = journalFile(resolve(context.cwd, options.stateDir));
  const store: JournalStore = options.dryRun ? { ...file, save() {}, remove() {} } : file;
  return { system, journal: openJournal(store, system), progress, signal };
}

function requireRoot({ dryRun }: NodeOptions): void {
  if (dryRun || process.getuid?.() === 0) return;
  throw new VdpaError('VDPA-ROOT-001', 'an ordinary user cannot change a node', {
    next: 'run the same command with sudo, or with --dry-run to see what it would do',
  });
}
