// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { zshScript } from '../../src/completion/zsh-script.ts';
import { put, temporaryFolder } from '../config/temporary-folder.ts';
import { sampleProgram } from './sample-program.ts';
import { isInstalled, linesOf } from './shells.ts';

const folder = temporaryFolder();
put(folder, 'one.yaml', '');
put(folder, '_vdpactl', zshScript(sampleProgram()));

/** zsh completes only in its line editor: this runs one on a pseudo-terminal and has compadd say what it is given. */
const driver = put(
  folder,
  'driver.zsh',
  `
zmodload zsh/zpty
zpty shell "zsh -f -i"
zpty -w shell 'PS1=; fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -d $PWD/dump; unsetopt prompt_cr prompt_sp'
zpty -w shell 'compadd() {
  if [[ " $* " == *" -O "* || " $* " == *" -A "* || " $* " == *" -D "* ]]; then builtin compadd "$@"; return; fi
  local -a found; builtin compadd -O found "$@"; local prefix=$IPREFIX
  for word in $found; do print -r -- "<$word>" >> answers; done
}'
zpty -w shell 'finish() { zle complete-word; print done >> answers }; zle -N finish; bindkey "^I" finish; print ready >> answers'
wait_for() { for i in {1..100}; do [[ -f answers ]] && grep -qx $1 answers && return; zpty -r -t shell REPLY; sleep 0.1; done; return 1 }
wait_for ready
zpty -w -n shell "$1"$'\\t'
wait_for done
grep '^<' answers
`,
);

function complete(line: string): string[] {
  const words = linesOf('zsh', ['-f', '-c', 'rm -f answers; source "$0" "$1"; true', driver, line], folder);
  return [...new Set(words.map((word) => word.slice(1, -1)))].sort();
}

describe.skipIf(!isInstalled('zsh'))(
  'completion in zsh (skipped where zsh is not installed)',
  { timeout: 30_000 },
  () => {
    it.each<[string, string[]]>([
      ['vdpactl de', ['deploy', 'destroy']],
      ['vdpactl deploy --w', ['--wire']],
      ['vdpactl deploy --wire ', ['af_packet', 'memif', 'null']],
      ['vdpactl deploy --wire=n', ['null']],
      ['vdpactl deploy -o ', ['json', 'text']],
      ['vdpactl deploy --config o', ['one.yaml']],
      ['vdpactl init o', ['one.yaml']],
      ['vdpactl completion ', ['bash', 'fish', 'zsh']],
      ['vdpactl watch agent b', ['backend']],
      ['vdpactl help d', ['deploy', 'destroy']],
      ['vdpactl images l', ['list']],
      ['vdpactl images list --r', ['--registry']],
    ])('%j', (line, expected) => {
      expect(complete(line)).toEqual(expected);
    });
  },
);
