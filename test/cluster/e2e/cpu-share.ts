// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** In short turns: what waits for packets is not to wait for long. */
const periodUs = 20_000;
const qualities = ['', 'burstable', 'besteffort'];

/**
 * Lets each container of a pod have no more than a share of a CPU, 0 to 1. What polls takes all that it gets, and on a
 * machine with fewer CPUs than pollers nothing is left to those who are to answer. A pod that has less already keeps it.
 */
export function limitCpu(uid: string, share: number, cgroups = '/sys/fs/cgroup'): void {
  for (const pod of podCgroups(uid, cgroups)) {
    if (shareOf(pod) <= share) continue;
    for (const container of readdirSync(pod, { withFileTypes: true }))
      if (container.isDirectory()) limit(join(pod, container.name), share);
  }
}

/** Of a pod on any node of the lab on this machine: uids are never the same. */
function podCgroups(uid: string, cgroups: string): string[] {
  return [join(cgroups, 'cpu'), cgroups].flatMap((hierarchy) =>
    (existsSync(hierarchy) ? readdirSync(hierarchy) : [])
      .filter((name) => name.startsWith('vdpalab'))
      .flatMap((node) => qualities.map((quality) => join(hierarchy, node, 'kubepods', quality, `pod${uid}`)))
      .filter((path) => existsSync(path)),
  );
}

/** Infinity: it has no limit. */
function shareOf(cgroup: string): number {
  const read = (name: string) => readFileSync(join(cgroup, name), 'utf8').trim();
  const [quota, period] = existsSync(join(cgroup, 'cpu.max'))
    ? read('cpu.max').split(' ')
    : [read('cpu.cfs_quota_us'), read('cpu.cfs_period_us')];
  return quota === 'max' || quota === '-1' ? Number.POSITIVE_INFINITY : Number(quota) / Number(period);
}

function limit(cgroup: string, share: number): void {
  if (shareOf(cgroup) <= share) return;
  const quota = `${Math.round(periodUs * share)}`;
  if (existsSync(join(cgroup, 'cpu.max'))) {
    writeFileSync(join(cgroup, 'cpu.max'), `${quota} ${periodUs}`);
    return;
  }
  // The quota first: a shorter period with the old one would be more than the pod may have.
  writeFileSync(join(cgroup, 'cpu.cfs_quota_us'), quota);
  writeFileSync(join(cgroup, 'cpu.cfs_period_us'), `${periodUs}`);
}
