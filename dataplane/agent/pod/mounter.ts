// SPDX-License-Identifier: Apache-2.0

/** The three mounts that attachments need. What the kernel refuses is thrown with its `code`, such as `ENOENT`. */
export interface Mounter {
  /** A small file system of its own, of which mounts propagate. */
  tmpfs(target: string): Promise<void>;
  /**
   * Shows the folder `source` at `target` too. Nothing in it can be run, be a device, or lead elsewhere by a link: what
   * is there a pod wrote.
   */
  bind(source: string, target: string): Promise<void>;
  /** Takes off the topmost mount, even one that is in use. */
  unmount(target: string): Promise<void>;
  stop(): void;
}

export class MountError extends Error {
  override readonly name = 'MountError';
  /** The name of the error, as Node has it for failed calls; null where it is not known. */
  readonly code: string | null;

  constructor(what: string, code: string | null, details: string) {
    super(`${what}: ${details}`);
    this.code = code;
  }
}
