// SPDX-License-Identifier: Apache-2.0
import { type CommandSpec, shellQuoted, spellings, type ValueSpec, valueOptionWords, walk } from './command-spec.ts';

/** A completion script for bash 4 and later that needs nothing else, not even the bash-completion package. */
export function bashScript(program: CommandSpec): string {
  const name = program.path.join(' ');
  const all = walk(program);
  const commands = all.slice(1).map(({ path }) => shellQuoted(path.join(' ')));
  return `\
# bash completion for ${name}; load it with: source <(${name} completion bash)

_${name}() {
  COMPREPLY=()
  local IFS=$'\\n' at=${shellQuoted(name)} option='' operands=0 only_operands='' word joined='' i
  local -a words=()

  # Bash splits words at = and : too; put them together again.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ \${#words[@]} -gt 0 && ( -n $joined || $word =~ ^[:=]+$ ) ]]; then
      words[\${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
    if [[ $word =~ ^[:=]+$ ]]; then joined=1; else joined=''; fi
  done
  local current=\${words[\${#words[@]}-1]}
  unset "words[\${#words[@]}-1]"

  # Which command is it, and is an option waiting for its value?
  for word in "\${words[@]}"; do
    if [[ -n $option ]]; then option=''; continue; fi
    if [[ -z $only_operands && $word == -- ]]; then only_operands=1; continue; fi
    if [[ -z $only_operands && $word == -* ]]; then
      case "$at $word" in
${all
  .map(valueOptionsArm)
  .filter((arm) => arm !== '')
  .join('\n')}
      esac
      continue
    fi
    case "$at $word" in
${caseArm(commands, 'at="$at $word"', 6)}
      *) operands=$((operands + 1)) ;;
    esac
  done

  local value=$current prefix=''
  if [[ -z $option && -z $only_operands && $current == --*=* ]]; then
    option=\${current%%=*} value=\${current#*=} prefix=$option=
  fi
  if [[ -n $option ]]; then
    case "$at $option" in
${optionArms(all)}
    esac
  elif [[ -z $only_operands && $current == -* ]]; then
    case $at in
${listArms(all, ({ options }) => options.flatMap(spellings))}
    esac
  else
    case "$at $operands" in
${operandArms(all)}
    esac
  fi

  # Readline replaces only what stands after the last word break.
  local keep=''
  [[ $COMP_WORDBREAKS == *=* && $current == *=* ]] && keep=\${current%"\${current##*=}"}
  [[ $COMP_WORDBREAKS == *:* && $current == *:* && \${#current} -gt \${#keep} ]] && word=\${current%"\${current##*:}"} &&
    [[ \${#word} -gt \${#keep} ]] && keep=$word
  for i in "\${!COMPREPLY[@]}"; do
    word=$prefix\${COMPREPLY[i]}
    COMPREPLY[i]=\${word#"$keep"}
  done
}

# Those of the words that begin with what is typed.
_${name}_words() {
  local typed=$1 word
  shift
  for word; do
    if [[ $word == "$typed"* ]]; then COMPREPLY+=("$word"); fi
  done
}

_${name}_files() {
  mapfile -t COMPREPLY < <(compgen "$2" -- "$1")
  # Without matches readline looks for itself, which finds names that are typed with quotes. Fails outside a completion.
  compopt -o filenames -o default 2>/dev/null
}

_${name}_interfaces() {
  local -a folders=(/sys/class/net/*)
  _${name}_words "$1" "\${folders[@]##*/}"
}

complete -F _${name} ${name}
`;
}

function valueOptionsArm(command: CommandSpec): string {
  const words = valueOptionWords(command).map((word) => shellQuoted([...command.path, word].join(' ')));
  return words.length === 0 ? '' : caseArm(words, 'option=$word', 8);
}

function optionArms(all: readonly CommandSpec[]): string {
  return all
    .flatMap(({ path, options }) =>
      options.map((option) => ({
        words: spellings(option).map((word) => shellQuoted([...path, word].join(' '))),
        action: option.value === null ? null : actionFor(option.value, path),
      })),
    )
    .map(({ words, action }) => (action === null ? '' : caseArm(words, action, 6)))
    .filter((arm) => arm !== '')
    .join('\n');
}

function operandArms(all: readonly CommandSpec[]): string {
  return all
    .flatMap((command) => {
      const { path } = command;
      if (command.commands.length > 0) {
        const words = command.commands.map((child) => child.path.at(-1) ?? '');
        return [caseArm([shellQuoted(`${path.join(' ')} 0`)], wordsAction(words, path), 6)];
      }
      return command.arguments.flatMap((argument, index) => {
        const action = actionFor(argument.value, path);
        const pattern = argument.repeatable
          ? `${shellQuoted(`${path.join(' ')} `)}*`
          : shellQuoted(`${path.join(' ')} ${index}`);
        return action === null ? [] : [caseArm([pattern], action, 6)];
      });
    })
    .join('\n');
}

function listArms(all: readonly CommandSpec[], words: (command: CommandSpec) => readonly string[]): string {
  return all
    .map((command) => caseArm([shellQuoted(command.path.join(' '))], wordsAction(words(command), command.path), 6))
    .join('\n');
}

/** What fills COMPREPLY for a value; null where the shell cannot know. */
function actionFor(value: ValueSpec, [program = '']: readonly string[]): string | null {
  switch (value.kind) {
    case 'choices':
      return wordsAction(value.choices, [program]);
    case 'file':
      return `_${program}_files "$value" -f`;
    case 'folder':
      return `_${program}_files "$value" -d`;
    case 'interface':
      return `_${program}_interfaces "$value"`;
    case 'free':
      return null;
  }
}

function wordsAction(words: readonly string[], [program = '']: readonly string[]): string {
  return [`_${program}_words "$value"`, ...words.map(shellQuoted)].join(' ');
}

function caseArm(patterns: readonly string[], action: string, indent: number): string {
  return `${' '.repeat(indent)}${patterns.join(' | ')}) ${action} ;;`;
}
