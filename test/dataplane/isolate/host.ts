// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { run } from '../../../src/process/run.ts';

/** A shell that stays, and what its commands print. */
export class Shell {
  readonly #child: ChildProcess;
  #out = '';
  #wake: () => void = () => {};

  constructor(file: string, args: readonly string[]) {
    this.#child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const take = (chunk: Buffer): void => {
      this.#out += chunk.toString();
      this.#wake();
    };
    this.#child.stdout?.on('data', take);
    this.#child.stderr?.on('data', take);
    this.#child.on('close', () => this.#wake());
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What a command prints, standard error included, and how it ended. */
  async sh(command: string): Promise<{ readonly text: string; readonly code: number }> {
    const end = /^end-of-command (\d+)$/m;
    this.#out = '';
    this.#child.stdin?.write(`{ ${command}\n} </dev/null 2>&1; code=$?; echo; echo end-of-command $code\n`);
    for (;;) {
      const found = end.exec(this.#out);
      if (found !== null) return { text: this.#out.slice(0, found.index).trim(), code: Number(found[1]) };
      if (this.#child.exitCode !== null) throw new Error(`ended with ${this.#child.exitCode}: ${this.#out}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** As `sh`, for a command that has to succeed; the text. */
  async must(command: string): Promise<string> {
    const { text, code } = await this.sh(command);
    if (code !== 0) throw new Error(`${command}: ${code}\n${text}`);
    return text;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }
}

/** Whether this machine lets the test make a host. */
export async function canHost(): Promise<boolean> {
  const args = ['-m', '--propagation', 'private', 'mount', '-t', 'tmpfs', 'none', '/mnt'];
  return (await run('unshare', args)).exitCode === 0;
}

/**
 * A host of two devices, in a mount name space that is gone with its shell: /run and /var/lib are empty tmpfs of its own, and
 * all mounts are shared, as on a node.
 */
export async function startHost(): Promise<Shell> {
  const host = new Shell('unshare', ['-m', '--propagation', 'private', 'sh']);
  await host.must(`mount --make-rshared / &&
    mount -t tmpfs host /run && mount -t tmpfs host /var/lib && mkdir -p /run/vdpa/wires /run/vdpa/attachments &&
    echo secret >/run/vdpa/vdpa.sock && echo wire >/run/vdpa/wires/A.sock && echo wire >/run/vdpa/wires/B.sock`);
  for (const device of ['A', 'B']) {
    await host.must(
      `mkdir -p /run/vdpa/dev/${device} ${volume(device)} && echo ${device} >${volume(device)}/vhost.sock`,
    );
    await host.must(`mount -t tmpfs -o mode=0755 ${device} /run/vdpa/dev/${device} &&
      mount --make-shared /run/vdpa/dev/${device}`);
  }
  return host;
}

/** The folder of the pod that gets a device. */
export const volume = (device: string): string =>
  `/var/lib/kubelet/pods/uid-${device}/volumes/kubernetes.io~empty-dir/vdpa/net1`;

export const attach = (device: string): string => `mount --bind ${volume(device)} /run/vdpa/dev/${device}`;
export const detach = (device: string): string => `umount /run/vdpa/dev/${device}`;
