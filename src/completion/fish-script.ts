// SPDX-License-Identifier: Apache-2.0
import { type CommandSpec, type OptionSpec, type ValueSpec, valueOptionWords, walk } from './command-spec.ts';

/** A completion script for fish 3. */
export function fishScript(program: CommandSpec): string {
  const name = program.path.join(' ');
  const all = walk(program);
  const commands = all.slice(1).map(({ path }) => fishQuoted(path.join(' ')));
  return `\
# fish completion for ${name}

# Whether the command line so far is this command, and with so many operands when a number is given.
function __${name}_at
    set -l words (commandline -opc)
    set -l at ${fishQuoted(name)}
    set -l operands 0
    set -l skip 0
    for word in $words[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch "$at $word"
${all.map(valueOptionsCase).join('')}            case ${commands.join(' ')}
                set at "$at $word"
            case '* -*'
            case '*'
                set operands (math $operands + 1)
        end
    end
    test "$at" = $argv[1]; and begin
        test (count $argv) = 1; or test $operands = $argv[2]
    end
end

complete -c ${name} -f
${all.flatMap((command) => linesFor(command, name)).join('\n')}
`;
}

function valueOptionsCase(command: CommandSpec): string {
  const words = valueOptionWords(command).map((word) => fishQuoted([...command.path, word].join(' ')));
  return words.length === 0 ? '' : `            case ${words.join(' ')}\n                set skip 1\n`;
}

function linesFor(command: CommandSpec, name: string): readonly string[] {
  const at = command.path.join(' ');
  const complete = (operands: number | null, rest: string) => {
    const condition = `__${name}_at ${fishQuoted(at)}${operands === null ? '' : ` ${operands}`}`;
    return `complete -c ${name} -n ${fishQuoted(condition)} ${rest}`;
  };
  return [
    ...command.commands.map((child) =>
      complete(0, `-a ${fishQuoted(child.path.at(-1) ?? '')} -d ${fishQuoted(child.summary)}`),
    ),
    ...command.options.map((option) => complete(null, optionWords(option))),
    ...command.arguments.flatMap(({ value, repeatable }, index) => {
      const words = valueWords(value);
      return words === '' ? [] : [complete(repeatable ? null : index, words)];
    }),
  ];
}

function optionWords({ short, long, description, value }: OptionSpec): string {
  const words = [
    ...(short === null ? [] : [`-s ${short.slice(1)}`]),
    ...(long === null ? [] : [`-l ${long.slice(2)}`]),
    `-d ${fishQuoted(description)}`,
  ];
  if (value !== null) words.push(`${value.kind === 'file' ? '-r' : '-x'} ${valueWords(value)}`.trim());
  return words.join(' ');
}

function valueWords(value: ValueSpec): string {
  switch (value.kind) {
    case 'choices':
      return `-a ${fishQuoted(value.choices.join(' '))}`;
    case 'file':
      return '-F';
    case 'folder':
      return "-a '(__fish_complete_directories)'";
    case 'interface':
      return "-a '(__fish_print_interfaces)'";
    case 'free':
      return '';
  }
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
