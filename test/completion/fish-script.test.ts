// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { fishScript } from '../../src/completion/fish-script.ts';
import { put, temporaryFolder } from '../config/temporary-folder.ts';
import { sampleProgram } from './sample-program.ts';
import { isInstalled, linesOf } from './shells.ts';

const folder = temporaryFolder();
put(folder, 'one.yaml', '');
const script = put(folder, 'vdpactl.fish', fishScript(sampleProgram()));

describe.skipIf(!isInstalled('fish'))('completion in fish (skipped where fish is not installed)', () => {
  it.each<[string, string[]]>([
    ['vdpactl de', ["deploy\tbring it up: [all] of it, 'quoted' \\ escaped", 'destroy\tTakes it down']],
    ['vdpactl deploy --w', ['--wire\tthe wire']],
    ['vdpactl deploy --wire ', ['af_packet\tthe wire', 'memif\tthe wire', 'null\tthe wire']],
    ['vdpactl deploy --wire=n', ['--wire=null\tthe wire']],
    ['vdpactl deploy --config o', ['one.yaml']],
    ['vdpactl deploy --config destroy --ti', ["--timeout\thow long, in 'seconds'"]],
    ['vdpactl deploy ', []],
    ['vdpactl init o', ['one.yaml']],
    ['vdpactl completion ', ['bash', 'fish', 'zsh']],
    ['vdpactl completion bash ', []],
    ['vdpactl watch agent b', ['backend']],
    ['vdpactl help d', ['deploy', 'destroy']],
    ['vdpactl images l', ['list']],
    ['vdpactl images list --r', ['--registry\ta registry']],
  ])('%j', (line, expected) => {
    const fish = 'source $argv[1]; complete -C $argv[2]';
    expect(linesOf('fish', ['-c', fish, script, line], folder)).toEqual(expected);
  });
});
