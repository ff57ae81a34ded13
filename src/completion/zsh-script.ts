// SPDX-License-Identifier: Apache-2.0
import {
  type ArgumentSpec,
  type CommandSpec,
  type OptionSpec,
  shellQuoted,
  type ValueSpec,
  walk,
} from './command-spec.ts';

/** A completion script for zsh: works from a folder of $fpath and when sourced after compinit. */
export function zshScript(program: CommandSpec): string {
  const name = program.path.join(' ');
  return `\
#compdef ${name}
# zsh completion for ${name}

${walk(program).map(completionFunction).join('\n')}
if [ "$funcstack[1]" = ${shellQuoted(functionName(program))} ]; then
  ${functionName(program)} "$@"
else
  compdef ${functionName(program)} ${name}
fi
`;
}

function completionFunction(command: CommandSpec): string {
  const options = command.options.map(optionSpec);
  if (command.commands.length === 0) {
    const specs = [...options, ...command.arguments.map(argumentSpec)];
    return `${functionName(command)}() {\n  _arguments -s -S ${specs.join(' \\\n    ')}\n}\n`;
  }
  const specs = [...options, "'1:command:->command'", "'*::argument:->argument'"];
  return `\
${functionName(command)}() {
  local curcontext=$curcontext state line ret=1
  local -A opt_args
  _arguments -C -S ${specs.join(' \\\n    ')} && ret=0
  case $state in
    command)
      local -a commands=(
${command.commands.map((child) => `        ${shellQuoted(`${child.path.at(-1)}:${child.summary.replaceAll(':', '\\:')}`)}`).join('\n')}
      )
      _describe -t commands command commands && ret=0
      ;;
    argument)
      case $line[1] in
${command.commands.map((child) => `        ${child.path.at(-1)}) ${functionName(child)} && ret=0 ;;`).join('\n')}
      esac
      ;;
  esac
  return ret
}
`;
}

function functionName({ path }: CommandSpec): string {
  return `_${path.join('_').replaceAll('-', '_')}`;
}

/** `'(-o --output)'{-o+,--output=}'[what it does]:format:(text json)'` */
function optionSpec({ short, long, description, value, placeholder, repeatable }: OptionSpec): string {
  const takesValue = value !== null;
  const words = [
    ...(short === null ? [] : [takesValue ? `${short}+` : short]),
    ...(long === null ? [] : [takesValue ? `${long}=` : long]),
  ];
  const spec = shellQuoted(
    `[${escaped(description)}]${takesValue ? `:${escaped(placeholder)}:${actionFor(value)}` : ''}`,
  );
  const exclusion = repeatable ? "'*'" : shellQuoted(`(${[short, long].filter((word) => word !== null).join(' ')})`);
  return words.length === 1 ? `${exclusion}${words[0]}${spec}` : `${exclusion}{${words.join(',')}}${spec}`;
}

function argumentSpec({ name, value, repeatable }: ArgumentSpec, index: number): string {
  return shellQuoted(`${repeatable ? '*' : index + 1}:${escaped(name)}:${actionFor(value)}`);
}

function actionFor(value: ValueSpec): string {
  switch (value.kind) {
    case 'choices':
      return `(${value.choices.map((choice) => choice.replaceAll(/[\s()\\:]/g, '\\$&')).join(' ')})`;
    case 'file':
      return '_files';
    case 'folder':
      return '_files -/';
    case 'interface':
      return '_net_interfaces';
    case 'free':
      return ' ';
  }
}

/** Text inside a specification of _arguments, where brackets and colons mean something. */
function escaped(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, '\\$&');
}
