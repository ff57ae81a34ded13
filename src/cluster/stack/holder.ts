// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import * as z from 'zod';
import { identify, isAlive, type ProcessId } from '../../process/process-table.ts';

const holderSchema = z.object({
  host: z.string(),
  user: z.string(),
  pid: z.int(),
  startTicks: z.int(),
  /** The kernel's boot and the name space of process ids that the pid is of; empty where it could not be read. */
  machine: z.string(),
  /** Tells runs of one process apart. */
  run: z.string(),
});

/** Who is at work on a stack. */
export type Holder = z.infer<typeof holderSchema>;

export function thisProcess(): Holder {
  const id = identify(process.pid);
  return {
    host: hostname(),
    user: userName(),
    pid: process.pid,
    startTicks: id?.startTicks ?? 0,
    machine: thisMachine(),
    run: randomBytes(4).toString('hex'),
  };
}

/** As `holderIdentity` of a Lease, which is one line of text. */
export function holderText({ user, host, pid, startTicks, machine, run }: Holder): string {
  return [`${user}@${host}`, pid, startTicks, machine, run].join(' ');
}

/** null for a text that no vdpactl wrote. */
export function parseHolder(text: string): Holder | null {
  const [who = '', pid, startTicks, machine, run] = text.split(' ');
  const at = who.lastIndexOf('@');
  const parsed = holderSchema.safeParse({
    user: who.slice(0, at),
    host: who.slice(at + 1),
    pid: Number(pid),
    startTicks: Number(startTicks),
    machine,
    run,
  });
  return at > 0 && parsed.success ? parsed.data : null;
}

/** Whether it is known for certain that the holder has ended: a process of this very machine that is no more. */
export function hasEnded(holder: Holder): boolean {
  const id: ProcessId = { pid: holder.pid, startTicks: holder.startTicks };
  return holder.machine !== '' && holder.machine === thisMachine() && !isAlive(id);
}

function thisMachine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // A pod sees the boot id of its node, and other process ids.
    return `${boot.replaceAll('-', '').slice(0, 16)}:${readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')}`;
  } catch {
    return '';
  }
}

function userName(): string {
  try {
    return userInfo().username.replaceAll(/\s/g, '_');
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
