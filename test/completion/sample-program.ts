// SPDX-License-Identifier: Apache-2.0
import { Argument, Command, Option } from 'commander';
import { type CommandSpec, describeCommand } from '../../src/completion/command-spec.ts';

/** A program with one of everything that completion has to tell apart. */
export function sampleProgram(): CommandSpec {
  const program = new Command('vdpactl').version('1.0.0', '-V, --version', 'print the version');
  program
    .command('deploy')
    .summary("bring it up: [all] of it, 'quoted' \\ escaped")
    .option('-c, --config <file>', 'config [file]: where it is')
    .option('--run-dir <dir>', 'a folder')
    .option('--interface <name>', 'an interface')
    .option('--timeout <seconds>', "how long, in 'seconds'")
    .addOption(new Option('--wire <kind>', 'the wire').choices(['memif', 'af_packet', 'null']))
    .addOption(new Option('-o, --output <format>', 'the format').choices(['text', 'json']))
    .addOption(new Option('--secret', 'not to be seen').hideHelp())
    .option('--debug', 'more');
  program.command('destroy').description('Takes it down. Leaves nothing.');
  program.command('init').argument('[file]', 'the file');
  program.command('completion').addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']));
  program.command('attach').argument('<workload>', 'a name').option('--device <id>', 'a device');
  program.command('watch').addArgument(new Argument('<parts...>').choices(['agent', 'backend']));
  const images = program.command('images').summary('container images');
  images.command('list').option('--registry <host>', 'a registry');
  return describeCommand(program);
}
