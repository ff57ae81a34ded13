// SPDX-License-Identifier: Apache-2.0
import { parseCount, parseMac } from '../../platform/fields.ts';
import type { InterfaceBefore } from '../journal.ts';
import type { NodeSystem } from '../node-system.ts';
import { lastWords } from './kernel-says.ts';

/** How long a driver, and udev after it, may take to make and name an interface. */
const waitMs = 3_000;
const pollMs = 100;

/** Interfaces as they are, to be put back. Addresses and routes are not among it: an interface with those is an uplink. */
export function readInterfaces(system: NodeSystem, names: readonly string[]): InterfaceBefore[] {
  return names.map((name) => {
    const dir = `sys/class/net/${name}`;
    return {
      name,
      mac: parseMac(system.readText(`${dir}/address`)),
      up: isUp(system, name),
      mtu: parseCount(system.readText(`${dir}/mtu`)),
    };
  });
}

/** Puts the interfaces of a device that is with its driver again back to what they were. Answers what could not be. */
export async function restoreInterfaces(
  system: NodeSystem,
  pciAddress: string,
  before: readonly InterfaceBefore[],
): Promise<string[]> {
  if (before.length === 0) return [];
  const names = await waitForInterfaces(system, pciAddress, before);
  if (names === 'uplink') return [];
  const notes: string[] = [];
  for (const [index, was] of before.entries()) {
    const now = names.includes(was.name) ? was.name : unclaimed(names, before)[index];
    if (now === undefined) {
      notes.push(`its interface ${was.name} has not come back`);
      continue;
    }
    if (now !== was.name) notes.push(`its interface is called ${now} now; it was ${was.name}`);
    notes.push(...(await configure(system, pciAddress, now, was)));
  }
  return notes;
}

/** Names that no interface had before, at the place of those that are missing. */
function unclaimed(names: readonly string[], before: readonly InterfaceBefore[]): (string | undefined)[] {
  const fresh = names.filter((name) => !before.some((was) => was.name === name));
  return before.map((was) => (names.includes(was.name) ? undefined : fresh.shift()));
}

async function waitForInterfaces(
  system: NodeSystem,
  pciAddress: string,
  before: readonly InterfaceBefore[],
): Promise<readonly string[] | 'uplink'> {
  for (let waited = 0; ; waited += pollMs) {
    const nic = readNic(system, pciAddress);
    // Somebody has configured it by now: it is theirs.
    if (nic?.uplink === true) return 'uplink';
    const names = nic?.netdevs ?? [];
    if (before.every(({ name }) => names.includes(name)) || waited >= waitMs) return names;
    await system.sleep(pollMs);
  }
}

async function configure(
  system: NodeSystem,
  pciAddress: string,
  name: string,
  was: InterfaceBefore,
): Promise<string[]> {
  const dir = `sys/class/net/${name}`;
  const notes: string[] = [];
  const set = async (args: readonly string[], what: string) => {
    // Before each, as it may have become somebody's uplink since the one before.
    if (readNic(system, pciAddress)?.uplink === true) return;
    const result = await system.run('ip', ['link', 'set', 'dev', name, ...args]);
    if (result.exitCode !== 0) notes.push(`${name} could not be ${what}: ${lastWords(result, 'ip').join('; ')}`);
  };
  const mtu = parseCount(system.readText(`${dir}/mtu`));
  if (was.mtu !== null && mtu !== was.mtu) await set(['mtu', String(was.mtu)], `given its MTU of ${was.mtu} bytes`);
  const up = isUp(system, name);
  if (was.up && !up) await set(['up'], 'set up');
  if (!was.up && up) await set(['down'], 'set down');
  return notes;
}

function readNic(system: NodeSystem, pciAddress: string) {
  return system.report().nics.find((candidate) => candidate.pciAddress === pciAddress);
}

function isUp(system: NodeSystem, name: string): boolean {
  const flags = system.readText(`sys/class/net/${name}/flags`);
  return flags !== null && /^0x[0-9a-f]{1,8}$/i.test(flags) && (Number(flags) & 1) === 1;
}
