// SPDX-License-Identifier: Apache-2.0
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Progress } from '../output/progress.ts';

/** `dir` is a folder of files, which only render makes. */
export type OutputFormat = 'text' | 'json' | 'yaml' | 'dir';

/** What a command is given instead of reaching for the process: tests hand in their own. */
export interface Context {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP. Long work stops at once and tidies up. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Writes data. Everything that is not data goes to `progress` or is an error. */
  stdout(text: string): void;
  /** Prints `doc` in the format that the user chose; `text` is asked only for the text format. */
  emit(doc: object, text: () => string | Promise<string>): Promise<void>;
  /** Sets the exit code of a command that ended without an error but has findings. */
  setExitCode(code: number): void;
}

export interface GlobalOptions {
  readonly output: OutputFormat;
  readonly progress: 'auto' | 'plain' | 'json' | 'none';
  readonly debug: boolean;
}

/** The options that every command has, spelled the same everywhere. */
export function addGlobalOptions(command: Command): Command {
  const output = new Option('-o, --output <format>', 'how to print the result')
    .choices(['text', 'json', 'yaml'])
    .default('text');
  // A command that has a format more brings the option along.
  if (!command.options.some(({ long }) => long === '--output')) command.addOption(output);
  return command
    .addOption(
      new Option('--progress <mode>', 'how to show progress, on standard error')
        .choices(['auto', 'plain', 'json', 'none'])
        .default('auto'),
    )
    .addOption(new Option('--debug', 'print stack traces').default(false));
}

export function addConfigOption(command: Command): Command {
  return command.option(
    '-c, --config <file>',
    'config file (default: vdpactl.yaml in this folder, where there is one)',
  );
}

export function addRunDirOption(command: Command): Command {
  return command.option(
    '--run-dir <dir>',
    'where the stack of this machine keeps its sockets, state and logs',
    '/run/vdpactl',
  );
}

export function addTargetOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--target <where>',
      "machine: the stack runs here as processes, with this machine's NICs or virtual devices (default for the provider local)",
    ).choices(['machine']),
  );
}

/** The examples of a command's help: what it does, then the line to type. */
export function examples(lines: readonly (readonly [what: string, line: string])[]): string {
  return `\nExamples:\n${lines.map(([what, line]) => `  # ${what}\n  $ ${line}\n`).join('\n')}`;
}

/** An option's value as a whole number within bounds. */
export function integerBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** An option's value as a number within bounds. */
export function numberBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
    }
    return value;
  };
}

type Runner<Options> = (context: Context, options: Options, ...args: string[]) => Promise<void>;

let currentContext: ((options: GlobalOptions) => Context) | null = null;

/** Called once by the program, before it parses: how a command comes by its context. */
export function provideContext(make: (options: GlobalOptions) => Context): void {
  currentContext = make;
}

/** Turns a runner into a commander action: commander's arguments become positional strings and one options object. */
export function withContext<Options extends object>(
  run: Runner<Options & GlobalOptions>,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const command = args.pop() as Command;
    const options = args.pop() as Options & GlobalOptions;
    if (currentContext === null) throw new Error(`no context for ${command.name()}`);
    const positional = args.flat().filter((arg): arg is string => typeof arg === 'string');
    await run(currentContext(options), options, ...positional);
  };
}
