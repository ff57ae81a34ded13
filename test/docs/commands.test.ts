// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createProgram } from '../../src/cli.ts';
import { messageOf } from '../../src/errors/vdpa-error.ts';
import { packageRoot } from '../../src/files/package-root.ts';
import { codeBlocks, inlineCode, type Page, pages } from './markdown.ts';

const shells = new Set(['sh', 'bash', 'console', 'zsh', 'fish']);
const manifest = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')));
const quickstart = readFileSync(join(packageRoot(), 'quickstart'), 'utf8');

/** All that a reader may type: the lines of shell blocks, and code in the text. */
function typed(of: Page): string[] {
  const lines = codeBlocks(of)
    .filter(({ language }) => shells.has(language))
    .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.replace(/(^|\s)#.*$/, ''));
  return [...lines, ...inlineCode(of)];
}

/** The arguments of each vdpactl in a line: up to where the shell takes over. */
function vdpactlCalls(line: string): string[][] {
  const calls = line.matchAll(
    /(?:^|[\s(;&|"])(?:bin\/vdpactl\.js|vdpactl)((?: +(?:'[^']*'|"[^"]*"|[^\s'"|;&<>()]+))*)/g,
  );
  return [...calls].map(([, words = '']) => (words.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).map(withoutQuotes));
}

function withoutQuotes(word: string): string {
  return /^(['"]).*\1$/.test(word) ? word.slice(1, -1) : word;
}

/** Parses a command line as the program does and runs nothing. Answers what is wrong with it, or null. */
async function refusal(args: readonly string[]): Promise<string | null> {
  const program = createProgram().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  for (const command of program.commands.flatMap((group) => [group, ...group.commands])) {
    if (command.commands.length > 0) continue; // a group does nothing by itself
    command.action(() => {}).configureOutput({ writeOut: () => {}, writeErr: () => {} });
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return null;
  } catch (error) {
    // Text may name a command without all that goes with it: `vdpactl detach`.
    const isFine = error instanceof CommanderError && (error.exitCode === 0 || isShort(error, args));
    return isFine ? null : messageOf(error);
  }
}

function isShort(error: CommanderError, args: readonly string[]): boolean {
  return error.code === 'commander.missingArgument' && args.length === 1;
}

describe('commands in the documentation', () => {
  it.each(pages().map((each) => [each.path, each] as const))('%s: vdpactl takes every one', async (_path, of) => {
    const problems: string[] = [];
    for (const line of typed(of)) {
      for (const args of vdpactlCalls(line)) {
        const wrong = args.length === 0 ? null : await refusal(args);
        if (wrong !== null) problems.push(`${line}: ${wrong}`);
      }
    }
    expect(problems).toEqual([]);
  });

  it.each(pages().map((each) => [each.path, each] as const))('%s: npm has every script', (_path, of) => {
    const names = typed(of).flatMap((line) => [...line.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name ?? ''));
    expect(names.filter((name) => manifest.scripts[name] === undefined)).toEqual([]);
  });

  it.each(pages().map((each) => [each.path, each] as const))('%s: quickstart has every option', (_path, of) => {
    const lines = typed(of).filter((line) => line.includes('./quickstart'));
    const flags = lines.flatMap((line) => line.match(/--[a-z-]+/g) ?? []);
    expect(flags.filter((flag) => !quickstart.includes(` ${flag} `) && !quickstart.includes(`${flag})`))).toEqual([]);
  });

  it('finds the calls in a line', () => {
    expect(vdpactlCalls('$(vdpactl attach my-app -o json | jq -r .command) ./my-app')).toEqual([
      ['attach', 'my-app', '-o', 'json'],
    ]);
    expect(vdpactlCalls('until sudo vdpactl status >/dev/null; do sleep 1; done')).toEqual([['status']]);
    expect(vdpactlCalls('bin/vdpactl.js check --only "VDPA-HUGE-001" && vdpactl destroy')).toEqual([
      ['check', '--only', 'VDPA-HUGE-001'],
      ['destroy'],
    ]);
  });

  it('refuses what the program would refuse', async () => {
    expect(await refusal(['deploy', '--device', '2'])).toMatch(/unknown option/);
    expect(await refusal(['bench', '--trials', 'many'])).toMatch(/whole number/);
    expect(await refusal(['completion', 'tcsh'])).toMatch(/Allowed choices/);
    expect(await refusal(['deploy', '--help'])).toBeNull();
  });
});
