// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

function ip(...args: string[]): boolean {
  return spawnSync('ip', args, { stdio: 'ignore' }).status === 0;
}

export const vethNames = ['vdpat0', 'vdpat1'] as const;

/** Makes a veth pair without addresses, both ends down. False where this machine has no such thing. */
export function addVeth(): boolean {
  removeVeth();
  return ip('link', 'add', vethNames[0], 'type', 'veth', 'peer', 'name', vethNames[1]);
}

export function bringUp(name: string): void {
  if (!ip('link', 'set', name, 'up')) throw new Error(`cannot bring up ${name}`);
}

export function removeVeth(): void {
  ip('link', 'del', vethNames[0]);
}

/** The interface of the IPv4 default route; null where there is none. */
export function defaultRouteInterface(): string | null {
  const routes = readFileSync('/proc/net/route', 'utf8').split('\n').slice(1);
  return routes.map((line) => line.split('\t')).find(([, destination]) => destination === '00000000')?.[0] ?? null;
}
