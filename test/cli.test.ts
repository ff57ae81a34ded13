// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { createProgram } from '../src/cli.ts';

const names = createProgram().commands.map((command) => command.name());

it('makes a command alone as it is among the others', () => {
  const whole = createProgram();
  for (const name of names) {
    const alone = createProgram(name);
    expect(alone.commands.map((command) => command.name())).toEqual([name]);
    const [one, other] = [alone, whole].map((program) => program.commands.find((command) => command.name() === name));
    expect(one?.helpInformation()).toBe(other?.helpInformation());
  }
});

it.each(['help', '--help', '', 'detec', 'constructor', '__proto__', undefined])('makes all of them for %s', (only) => {
  expect(createProgram(only).commands.map((command) => command.name())).toEqual(names);
});
