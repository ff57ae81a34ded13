// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { completionCommand } from '../../src/commands/completion.ts';
import { runCommand } from './run-command.ts';

function program(): Command {
  return new Command('vdpactl').addCommand(new Command('frobnicate').summary('does it'));
}

describe('vdpactl completion', () => {
  it.each([
    ['bash', 'complete -F _vdpactl vdpactl'],
    ['zsh', '#compdef vdpactl'],
    ['fish', 'complete -c vdpactl -f'],
  ])('prints the script for %s from the commands that there are', async (shell, line) => {
    const script = await runCommand(completionCommand(program), [shell], '/');
    expect(script.split('\n')).toContain(line);
    expect(script).toContain('frobnicate');
    expect(JSON.parse(await runCommand(completionCommand(program), [shell, '-o', 'json'], '/'))).toEqual({
      schemaVersion: 'vdpactl/v1',
      shell,
      script,
    });
  });

  it.each([[['tcsh']], [[]], [['bash', 'zsh']]])('refuses %j', async (args) => {
    await expect(runCommand(completionCommand(program), args, '/')).rejects.toThrow(/^error: /);
  });
});
