// SPDX-License-Identifier: Apache-2.0

/** Where the CPU controller of a process's cgroup is found. */
export interface CpuCgroup {
  readonly version: 1 | 2;
  /** Directories from the group itself up to the mount, relative to the root (`sys/fs/cgroup/a/b`). */
  readonly directories: readonly string[];
}

/** Deeper nesting than any container runtime makes; a bound for a file made to hurt. */
const maxDepth = 64;

/**
 * The CPU controller's directories of the process whose `/proc/PID/cgroup` and `/proc/PID/mountinfo` are given, or null
 * where they name none. On a hybrid system the controller sits in the v1 hierarchy, and that one is used.
 */
export function cpuCgroup(cgroupText: string, mountinfoText: string): CpuCgroup | null {
  const mounts = mountinfoText.split('\n').flatMap(parseMount);
  const groups = cgroupText.split('\n').flatMap(parseGroup);
  for (const version of [1, 2] as const) {
    const group = groups.find(({ controllers }) =>
      version === 1 ? controllers.includes('cpu') : controllers.length === 0,
    );
    const mount = mounts.find(
      (each) => each.version === version && (version === 2 || each.controllers.includes('cpu')),
    );
    if (group !== undefined && mount !== undefined) {
      return { version, directories: directoriesOf(group.path, mount) };
    }
  }
  return null;
}

interface Mount {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  /** The group that is mounted; not `/` in a container that sees only its own part. */
  readonly root: string;
  readonly point: string;
}

function parseMount(line: string): Mount[] {
  const dash = line.indexOf(' - ');
  const [, , , root, point] = line.slice(0, Math.max(0, dash)).split(' ');
  const [type, , options = ''] = line.slice(dash + 3).split(' ');
  if (dash === -1 || root === undefined || point === undefined || (type !== 'cgroup' && type !== 'cgroup2')) {
    return [];
  }
  return [
    {
      version: type === 'cgroup2' ? 2 : 1,
      controllers: options.split(','),
      root: unescapeOctal(root),
      point: unescapeOctal(point),
    },
  ];
}

function parseGroup(line: string): { controllers: string[]; path: string }[] {
  const match = /^\d{1,9}:([^:]*):(\/.*)$/.exec(line);
  return match?.[1] === undefined || match[2] === undefined
    ? []
    : [{ controllers: match[1] === '' ? [] : match[1].split(','), path: match[2] }];
}

function directoriesOf(path: string, mount: Mount): string[] {
  const prefix = mount.root === '/' ? '' : mount.root;
  const inside = path === prefix || path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : '';
  // A group outside the namespace is shown as `/..`; only what is mounted can be read.
  const parts = inside.includes('..') ? [] : inside.split('/').filter((part) => part !== '');
  const point = mount.point.replace(/^\/+|\/+$/g, '');
  return Array.from({ length: Math.min(parts.length, maxDepth) + 1 }, (_, up) =>
    [point, ...parts.slice(0, parts.length - up)].join('/'),
  );
}

/** mountinfo writes a space, tab, newline or backslash in a path as a backslash and three octal digits. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
