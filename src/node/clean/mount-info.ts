// SPDX-License-Identifier: Apache-2.0

/** One mount, as proc(5) tells it in `mountinfo`. */
export interface Mount {
  /** Where it is, in the mount namespace that was asked. */
  readonly point: string;
  /** Which part of the file system it shows; ends with `//deleted` when that is gone. */
  readonly root: string;
  /** `major:minor` of the file system. */
  readonly device: string;
}

/** The mounts of a namespace in the order in which they were made. Lines that are none are left out. */
export function parseMountInfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [, , device, root, point] = line.split(' ');
    if (device === undefined || root === undefined || point === undefined) return [];
    return /^\d+:\d+$/.test(device) ? [{ device, root: unescaped(root), point: unescaped(point) }] : [];
  });
}

/** The kernel writes white space and backslashes as three octal digits. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

export const isBelow = (path: string, folder: string): boolean => path.startsWith(folder === '/' ? '/' : `${folder}/`);

/** Which part of which file system is at a path; null when no mount has it. */
export function sourceOf(path: string, mounts: readonly Mount[]): Pick<Mount, 'root' | 'device'> | null {
  let best: Mount | null = null;
  for (const mount of mounts) {
    const covers = mount.point === path || isBelow(path, mount.point);
    // Of two at one place the later one covers the other.
    if (covers && (best === null || mount.point.length >= best.point.length)) best = mount;
  }
  if (best === null) return null;
  const rest = path.slice(best.point === '/' ? 0 : best.point.length);
  return { device: best.device, root: best.root === '/' ? rest || '/' : `${best.root}${rest}` };
}
