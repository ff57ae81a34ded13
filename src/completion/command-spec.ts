// SPDX-License-Identifier: Apache-2.0
import type { Argument, Command, Option } from 'commander';

/** What a value may be, as far as a shell can help with it. */
export type ValueSpec =
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'file' | 'folder' | 'interface' | 'free' };

export interface OptionSpec {
  readonly short: string | null;
  readonly long: string | null;
  readonly description: string;
  /** null for a switch. */
  readonly value: ValueSpec | null;
  /** What the help calls the value. */
  readonly placeholder: string;
  readonly repeatable: boolean;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly value: ValueSpec;
  readonly repeatable: boolean;
}

/** A command with all that can be typed after it. */
export interface CommandSpec {
  /** The words that lead to it, the program's name first. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  readonly arguments: readonly ArgumentSpec[];
  readonly commands: readonly CommandSpec[];
}

/** The tree of commands as completion needs it; what the help hides is left out. */
export function describeCommand(command: Command, parents: readonly string[] = []): CommandSpec {
  const help = command.createHelp();
  const path = [...parents, command.name()];
  const commands = help.visibleCommands(command);
  return {
    path,
    summary: command.summary() || firstSentence(command.description()),
    options: help.visibleOptions(command).map(describeOption),
    arguments: command.registeredArguments.map(describeArgument),
    commands: commands.map((child) => describeChild(child, path, commands)),
  };
}

/** Commander makes the `help` command up; its argument is the name of another command. */
function describeChild(child: Command, path: readonly string[], siblings: readonly Command[]): CommandSpec {
  const spec = describeCommand(child, path);
  if (child.name() !== 'help') return spec;
  const choices = siblings.map((sibling) => sibling.name()).filter((name) => name !== 'help');
  return { ...spec, arguments: [{ name: 'command', value: { kind: 'choices', choices }, repeatable: false }] };
}

function describeOption(option: Option): OptionSpec {
  const takesValue = option.required || option.optional;
  const placeholder = /[<[]([^>\]]+?)(\.\.\.)?[>\]]/.exec(option.flags)?.[1] ?? '';
  return {
    short: option.short ?? null,
    long: option.long ?? null,
    description: option.description,
    value: takesValue ? valueSpec(option.argChoices, placeholder, option.attributeName()) : null,
    placeholder,
    repeatable: option.variadic,
  };
}

function describeArgument(argument: Argument): ArgumentSpec {
  const name = argument.name();
  return { name, value: valueSpec(argument.argChoices, name, name), repeatable: argument.variadic };
}

/** The placeholder says what a value is: `<file>` and `<dir>` are paths. */
function valueSpec(choices: readonly string[] | undefined, placeholder: string, name: string): ValueSpec {
  if (choices !== undefined) return { kind: 'choices', choices };
  if (placeholder === 'file') return { kind: 'file' };
  if (placeholder === 'dir') return { kind: 'folder' };
  return { kind: /interface$/i.test(name) ? 'interface' : 'free' };
}

function firstSentence(text: string): string {
  return text.split(/\.(\s|$)/)[0] ?? '';
}

/** A command and all below it. */
export function walk(spec: CommandSpec): readonly CommandSpec[] {
  return [spec, ...spec.commands.flatMap(walk)];
}

/** Every spelling of the options of a command that take a value. */
export function valueOptionWords({ options }: CommandSpec): readonly string[] {
  return options.filter(({ value }) => value !== null).flatMap(spellings);
}

export function spellings({ short, long }: OptionSpec): readonly string[] {
  return [short, long].filter((word) => word !== null);
}

/** Text in single quotes for bash and zsh. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
