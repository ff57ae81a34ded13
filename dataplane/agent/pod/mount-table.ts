// SPDX-License-Identifier: Apache-2.0

export interface MountEntry {
  /** `major:minor` of the file system. */
  readonly device: string;
  /** The folder of the file system that is shown. */
  readonly root: string;
  readonly target: string;
  readonly type: string;
  readonly source: string;
}

/** /proc/self/mountinfo (proc_pid_mountinfo(5)), the lower of two mounts on one folder first. */
export function parseMountTable(text: string): MountEntry[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , device, root, target] = before.split(' ');
    const [type, source] = after.split(' ');
    if (device === undefined || root === undefined || target === undefined) return [];
    return [{ device, root: plain(root), target: plain(target), type: type ?? '', source: plain(source ?? '') }];
  });
}

/** Blanks are written as `\040`. */
function plain(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_match, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
