// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli.ts';
import { bashScript } from '../../src/completion/bash-script.ts';
import { describeCommand, walk } from '../../src/completion/command-spec.ts';
import { put, temporaryFolder } from '../config/temporary-folder.ts';
import { linesOf } from './shells.ts';

const folder = temporaryFolder();
const spec = describeCommand(createProgram());

describe('completion of the real program', () => {
  it('offers every command', () => {
    const script = put(folder, 'vdpactl.bash', bashScript(spec));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash
    const bash = 'source "$0"; COMP_WORDS=(vdpactl ""); COMP_CWORD=1; _vdpactl; printf "%s\\n" "${COMPREPLY[@]}"';
    const commands = createProgram().commands.map((command) => command.name());
    expect(commands).toContain('deploy');
    expect(linesOf('bash', ['-c', bash, script], folder)).toEqual([...commands, 'help']);
  });

  it('knows the paths by their placeholders', () => {
    const free = walk(spec).flatMap(({ options }) => options.filter(({ value }) => value?.kind === 'free'));
    const paths = free.filter(({ long, description }) => /dir|file|config|root|folder/i.test(`${long} ${description}`));
    expect(paths.map(({ long }) => long)).toEqual([]);
  });
});
