// SPDX-License-Identifier: Apache-2.0

/** Whether to print in colour: NO_COLOR wins, then FORCE_COLOR, then whether there is a terminal that can. */
export function wantsColour(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  const set = (name: string) => env[name] !== undefined && env[name] !== '';
  if (set('NO_COLOR')) return false;
  if (set('FORCE_COLOR')) return env['FORCE_COLOR'] !== '0';
  return isTerminal && env['TERM'] !== 'dumb';
}
