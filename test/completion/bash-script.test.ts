// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bashScript } from '../../src/completion/bash-script.ts';
import { put, temporaryFolder } from '../config/temporary-folder.ts';
import { sampleProgram } from './sample-program.ts';
import { linesOf } from './shells.ts';

const folder = temporaryFolder();
put(folder, 'one.yaml', '');
put(folder, 'with space.yaml', '');
mkdirSync(join(folder, 'folder'));
const script = put(folder, 'vdpactl.bash', bashScript(sampleProgram()));

/** What bash would offer after these words, split as bash splits them; the last one is being typed. */
function complete(words: readonly string[], wordBreaks = ' =:'): string[] {
  const bash = `
    source "$0"
    COMP_WORDBREAKS=$1; shift
    COMP_WORDS=(vdpactl "$@"); COMP_CWORD=$#
    _vdpactl
    for reply in "\${COMPREPLY[@]}"; do printf '%s\\n' "$reply"; done`;
  return linesOf('bash', ['--norc', '--noprofile', '-c', bash, script, wordBreaks, ...words], folder).sort();
}

const commands = ['attach', 'completion', 'deploy', 'destroy', 'help', 'images', 'init', 'watch'];

describe('completion in bash', () => {
  it.each<[string[], string[]]>([
    [[''], commands],
    [['de'], ['deploy', 'destroy']],
    [['nope', ''], []],
    [['--v'], ['--version']],
    [['deploy', ''], []],
    [['deploy', '--w'], ['--wire']],
    [['deploy', '--s'], []],
    [['deploy', '--de'], ['--debug']],
    [
      ['deploy', '-'],
      [
        '--config',
        '--debug',
        '--help',
        '--interface',
        '--output',
        '--run-dir',
        '--timeout',
        '--wire',
        '-c',
        '-h',
        '-o',
      ],
    ],
    [
      ['deploy', '--wire', ''],
      ['af_packet', 'memif', 'null'],
    ],
    [['deploy', '--wire', '=', 'n'], ['null']],
    [
      ['deploy', '--wire', '='],
      ['af_packet', 'memif', 'null'],
    ],
    [['deploy', '-o', 'j'], ['json']],
    [['deploy', '--timeout', ''], []],
    [['deploy', '--config', 'o'], ['one.yaml']],
    [['deploy', '--config', '=', 'w'], ['with space.yaml']],
    [['deploy', '-c', 'destroy', '--w'], ['--wire']],
    [['deploy', '--wire', '=', 'memif', '-o', 't'], ['text']],
    [['deploy', '--run-dir', ''], ['folder']],
    [['deploy', '--', '-'], []],
    [['init', 'o'], ['one.yaml']],
    [['init', 'one.yaml', ''], []],
    [
      ['completion', ''],
      ['bash', 'fish', 'zsh'],
    ],
    [['completion', 'bash', ''], []],
    [['attach', ''], []],
    [['attach', '--device', '0000', ':', '00', ':', '04.0', '--d'], ['--device']],
    [['watch', 'agent', 'b'], ['backend']],
    [
      ['help', 'd'],
      ['deploy', 'destroy'],
    ],
    [
      ['images', ''],
      ['help', 'list'],
    ],
    [['images', 'list', '--r'], ['--registry']],
  ])('vdpactl %j', (words, expected) => {
    expect(complete(words)).toEqual([...expected].sort());
  });

  it('offers the interfaces of this machine', () => {
    expect(complete(['deploy', '--interface', ''])).toEqual(readdirSync('/sys/class/net').sort());
  });

  it('answers whole words where = breaks none', () => {
    expect(complete(['deploy', '--wire=m'], ' ')).toEqual(['--wire=memif']);
    expect(complete(['deploy', '--config=o'], ' ')).toEqual(['--config=one.yaml']);
  });

  it('is registered for the command', () => {
    expect(linesOf('bash', ['-c', 'source "$0"; complete -p vdpactl', script], folder)).toEqual([
      'complete -F _vdpactl vdpactl',
    ]);
  });
});
