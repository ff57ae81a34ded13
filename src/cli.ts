// SPDX-License-Identifier: Apache-2.0
import { Command, CommanderError } from 'commander';
import { attachCommand } from './commands/attach.ts';
import { benchCommand } from './commands/bench.ts';
import { checkCommand } from './commands/check.ts';
import { addGlobalOptions, type Context, type GlobalOptions, provideContext } from './commands/command.ts';
import { completionCommand } from './commands/completion.ts';
import { deployCommand } from './commands/deploy.ts';
import { destroyCommand } from './commands/destroy.ts';
import { detachCommand } from './commands/detach.ts';
import { detectCommand } from './commands/detect.ts';
import { diffCommand } from './commands/diff.ts';
import { imagesCommand } from './commands/images.ts';
import { initCommand } from './commands/init.ts';
import { nodeCommand } from './commands/node.ts';
import { rbacCommand } from './commands/rbac.ts';
import { renderCommand } from './commands/render.ts';
import { schemaCommand } from './commands/schema.ts';
import { statusCommand } from './commands/status.ts';
import { sysdumpCommand } from './commands/sysdump.ts';
import { versionCommand } from './commands/version.ts';
import { asVdpaError } from './errors/as-vdpa-error.ts';
import { errnoOf, VdpaError } from './errors/vdpa-error.ts';
import { diskError } from './files/write-atomic.ts';
import { wantsColour } from './output/colour.ts';
import { errorDocument, errorText } from './output/error-text.ts';
import { createProgress } from './output/terminal-progress.ts';
import { version } from './version.ts';

/** Every command by its name, in the order of the help. */
const makers: Readonly<Record<string, () => Command>> = {
  detect: detectCommand,
  check: checkCommand,
  render: renderCommand,
  diff: diffCommand,
  deploy: deployCommand,
  status: statusCommand,
  attach: attachCommand,
  detach: detachCommand,
  bench: benchCommand,
  destroy: destroyCommand,
  sysdump: sysdumpCommand,
  images: imagesCommand,
  rbac: rbacCommand,
  node: nodeCommand,
  init: initCommand,
  schema: schemaCommand,
  completion: () => completionCommand(() => createProgram()),
  version: versionCommand,
};

/**
 * The whole command line as a tree; help, completion and docs are made from it. With the name of a command: that one alone,
 * which is all that is needed to run it, and made in a fraction of the time. Whatever is no such name gives the whole.
 */
export function createProgram(only?: string): Command {
  const program = new Command('vdpactl')
    .description('Fast virtio networking for one unchanged workload on any node: detect, render, deploy, prove.')
    .version(version, '-V, --version', 'print the version')
    .addHelpText(
      'after',
      '\nStart here:\n  $ vdpactl check\n  $ vdpactl deploy --provider local\n  $ vdpactl bench --workload l3fwd\n  $ vdpactl destroy',
    );
  const one = only !== undefined && Object.hasOwn(makers, only) ? makers[only] : undefined;
  const commands = (one === undefined ? Object.values(makers) : [one]).map((make) => make());
  for (const command of commands) {
    // A group has its options at its commands.
    program.addCommand(command.commands.length > 0 ? command : addGlobalOptions(command));
  }
  for (const command of [program, ...commands, ...commands.flatMap((group) => group.commands)]) {
    command.exitOverride().configureOutput({ outputError: () => {} });
  }
  return program;
}

/** Runs the command line and sets the exit code; the process then ends by itself. */
export async function main(argv: readonly string[]): Promise<void> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interrupt.abort(interrupted(signal)));
  }
  process.stdout.on('error', outputFailed);
  process.stderr.on('error', () => {}); // there is nobody left to tell
  let context: (Context & { readonly options: GlobalOptions }) | null = null;
  provideContext((options) => {
    context = { ...createContext(options, interrupt.signal), options };
    return context;
  });
  try {
    await createProgram(argv[2]).parseAsync([...argv]);
  } catch (thrown) {
    await report(causeOf(thrown, interrupt.signal), context, argv);
  }
}

function createContext(options: GlobalOptions, signal: AbortSignal): Context {
  const stdout = (text: string): void => {
    process.stdout.write(text);
  };
  const progress = createProgress(options.progress, process.stderr, process.env);
  return {
    env: process.env,
    cwd: process.cwd(),
    signal,
    progress,
    stdout,
    async emit(doc, text) {
      await progress.settled();
      if (options.output === 'text') {
        stdout(await text());
        return;
      }
      const { toJson, toYaml } = await import('./output/document.ts');
      stdout(options.output === 'json' ? toJson(doc) : await toYaml(doc));
    },
    setExitCode(code) {
      process.exitCode = code;
    },
  };
}

/** A reader that went away (`| head`) is no error of ours, and no reason to leave half-way what was begun. */
function outputFailed(cause: Error): void {
  if (errnoOf(cause) === 'EPIPE') return;
  const error = asVdpaError(diskError(cause, 'standard output'));
  process.stderr.write(errorText(error));
  process.exitCode = error.exitCode;
}

function interrupted(signal: NodeJS.Signals): VdpaError {
  return new VdpaError('VDPA-INT-001', `stopped by ${signal}`, {
    next: 'run the same command again; vdpactl status says what runs, vdpactl destroy removes everything',
  });
}

async function report(
  thrown: unknown,
  context: (Context & { readonly options: GlobalOptions }) | null,
  argv: readonly string[],
): Promise<void> {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return; // help or version was asked for and printed
  const error = thrown instanceof CommanderError ? usageError(thrown) : asVdpaError(thrown);
  context?.progress.fail();
  await context?.progress.settled();
  const colour = wantsColour(process.stderr.isTTY === true, process.env);
  process.stderr.write(errorText(error, colour ? (text) => `\x1b[1;31m${text}\x1b[0m` : undefined));
  if (argv.includes('--debug'))
    process.stderr.write(`${error.cause instanceof Error ? error.cause.stack : error.stack}\n`);
  // Scripts that asked for data get the error as data too: one document, whatever happens.
  const format = context?.options.output ?? formatIn(argv);
  if (format === 'json' || format === 'yaml') {
    const { toJson, toYaml } = await import('./output/document.ts');
    const doc = errorDocument(error);
    process.stdout.write(format === 'json' ? toJson(doc) : await toYaml(doc));
  }
  process.exitCode = error.exitCode;
}

/**
 * Why a command ended. An interrupt surfaces as whatever error the interrupted call makes of it, or the program that the
 * same Ctrl-C ended; the cause is what the user did. Only what could not be tidied up after it is worth more.
 */
function causeOf(thrown: unknown, signal: AbortSignal): unknown {
  const leftOver = thrown instanceof VdpaError && thrown.code === 'VDPA-DESTROY-001';
  return signal.aborted && !leftOver ? signal.reason : thrown;
}

function usageError(error: CommanderError): VdpaError {
  const message = error.message.replace(/^error: /, '');
  return new VdpaError('VDPA-USAGE-001', message === '(outputHelp)' ? 'no command was given' : message, {
    next: 'see: vdpactl --help, or vdpactl COMMAND --help for its options and examples',
  });
}

/** The output format on a command line that could not be parsed. */
function formatIn(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((arg) => arg === '-o' || arg === '--output');
  if (at !== -1) return argv[at + 1];
  return argv.map((arg) => /^(?:-o|--output=)(.+)$/.exec(arg)?.[1]).find((format) => format !== undefined);
}
