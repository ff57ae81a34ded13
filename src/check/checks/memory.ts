// SPDX-License-Identifier: Apache-2.0

import type { ChosenDevice } from '../../providers/decision.ts';
import { type Check, fail, pass, shell, skip, warn } from '../check.ts';
import type { NodeCheckFacts } from '../facts.ts';
import { bestPageNeed, nodePageNeeds } from '../hugepages.ts';
import { counted, noDevices } from '../node-words.ts';

export const memoryChecks: readonly Check[] = [
  {
    id: 'VDPA-HUGE-001',
    category: 'memory',
    title: 'enough huge pages are free',
    scope: 'machine',
    pre: true,
    about: [
      'DPDK keeps packet buffers in huge pages, and virtio-user cannot do without. Each backend takes `local.memoryMiB`, the generator takes `bench.memoryMiB`, and l3fwd that and 192 MiB for its routing tables: with the defaults 128 + 128 + 320 MiB, which is 288 pages of 2 MiB. Every process rounds up to whole pages. Pages that running backends of this stack hold count as free, because a redeploy gives them back. Where no page size has enough, the smallest is asked for: it can be set aside at run time. A mounted hugetlbfs is not needed. `data` has the numbers, and the file to write to.',
      'By hand, until the next boot (the hint names the right number and file for your machine):',
      shell('echo 288 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages'),
      'At every boot:',
      shell("echo 'vm.nr_hugepages = 288' > /etc/sysctl.d/80-hugepages.conf"),
      'When the kernel sets aside fewer than asked for, memory is too scattered: reboot, or ask at boot with `hugepages=288` on the kernel command line.',
    ],
    judge({ report, memoryMiB, heldMiB }) {
      const need = bestPageNeed(report.node.hugepages, memoryMiB, heldMiB);
      const mib = memoryMiB.reduce((sum, each) => sum + each, 0);
      if (need === null) {
        return fail(
          'this kernel has no huge pages',
          `${mib} MiB`,
          'boot a kernel with CONFIG_HUGETLBFS',
          '/sys/kernel/mm/hugepages',
        );
      }
      const needed = `${need.needed} of ${need.sizeKiB} KiB (${mib} MiB for ${memoryMiB.length} ${memoryMiB.length === 1 ? 'process' : 'processes'})`;
      const found = `${need.free} free of ${need.total} of ${need.sizeKiB} KiB`;
      const file = `/sys/kernel/mm/hugepages/hugepages-${need.sizeKiB}kB/nr_hugepages`;
      const data = {
        pageSizeKiB: need.sizeKiB,
        neededPages: need.needed,
        freePages: need.free,
        totalPages: need.total,
        missingPages: Math.max(0, need.needed - need.free),
        file,
      };
      if (need.free >= need.needed) return pass(found, needed, data);
      const total = need.total + need.needed - need.free;
      return fail(found, needed, `set aside ${need.needed - need.free} more: echo ${total} > ${file}`, file, data);
    },
  },
  {
    id: 'VDPA-HUGE-002',
    category: 'memory',
    title: 'the NUMA node of each device has its huge pages',
    scope: 'node',
    pre: true,
    about: [
      'Every device that a node gives away takes huge pages of its own NUMA node: `memory.backendMiB` for its backend (none with vhost-vdpa, which has no backend process) and `memory.workloadMiB` for the workload. Pages of the other NUMA node would be reached over the link between the sockets. Fails when too few were set aside; warns when enough were and others hold them now. The kubelet counts huge pages when it starts, so it has to be restarted after they were set aside.',
      'By hand, until the next boot (the hint names number and file):',
      shell('echo 640 > /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages'),
      'Pages of 1 GiB (`memory.pageSizeKiB: 1048576`) mostly have to be set aside at boot: `hugepagesz=1G hugepages=4` on the kernel command line.',
    ],
    judge(facts) {
      const none = noDevices(facts);
      if (none !== null) return none;
      const { pageSizeKiB } = facts.config.memory;
      return nodePageNeeds(facts).map(({ numaNode, devices, needed, total, free, extra }) => {
        const at = numaNode === null ? '' : ` on NUMA node ${numaNode}`;
        const file =
          numaNode === null
            ? `/sys/kernel/mm/hugepages/hugepages-${pageSizeKiB}kB/nr_hugepages`
            : `/sys/devices/system/node/node${numaNode}/hugepages/hugepages-${pageSizeKiB}kB/nr_hugepages`;
        const data = { numaNode, pageSizeKiB, neededPages: needed, freePages: free, totalPages: total, file };
        const found = `${free} free of ${total} of ${pageSizeKiB} KiB${at}${extra === null ? '' : `; ${extra}`}`;
        const need = `${needed} of ${pageSizeKiB} KiB for ${counted(devices, 'device')}`;
        if (total < needed) {
          const when =
            pageSizeKiB > 2048 ? 'ask for them at boot (hugepagesz=1G hugepages=…), or: ' : 'set them aside: ';
          return fail(
            found,
            need,
            `${when}echo ${needed} > ${file}, then restart the kubelet if there is one`,
            file,
            data,
          );
        }
        if (free < needed) {
          const hint = `nothing, if the stack that runs here holds them; otherwise: echo ${total + needed - free} > ${file}`;
          return warn(found, `${need}, free`, hint, file, data);
        }
        return pass(found, need, data);
      });
    },
  },
  {
    id: 'VDPA-MEMLOCK-001',
    category: 'memory',
    title: 'enough memory can be locked for vhost-vdpa',
    scope: 'node',
    pre: true,
    about: [
      'With vhost-vdpa the kernel pins all memory that the workload shares with its device, and counts it against the limit RLIMIT_MEMLOCK of the process that opened the device. Privileges do not lift that limit. A container has the limit of the container runtime that started it, which for containerd is 8 MiB unless somebody raised it. Of the devices of VDUSE programs nothing is pinned. What matters is `memory.workloadMiB`. Fails for a container runtime that runs here; where there is none, warns of the limit that the shell hands down. Only a running machine can tell, a captured one is skipped.',
      'By hand, for containerd (the same for `crio.service`), then restart it:',
      shell(
        'mkdir -p /etc/systemd/system/containerd.service.d',
        "printf '[Service]\\nLimitMEMLOCK=infinity\\n' > /etc/systemd/system/containerd.service.d/memlock.conf",
        'systemctl daemon-reload',
      ),
    ],
    judge(facts) {
      const { decision, live, config } = facts;
      const none = noDevices(facts);
      if (none !== null) return none;
      if (decision.backend !== 'vhost-vdpa') return skip(`the backend ${decision.backend} pins nothing`);
      if (decision.devices.every((device) => isVduse(device, facts))) return skip('of VDUSE devices nothing is pinned');
      if (live === null) return skip('only on the machine itself');
      const neededMiB = config.memory.workloadMiB;
      const runtimes = live.memlock.filter(({ of }) => of !== 'this process');
      const judged = runtimes.length > 0 ? runtimes : live.memlock;
      if (judged.length === 0) return skip('cannot be told');
      return judged.map(({ of, bytes }) => {
        const found = `${of}: ${bytes === null ? 'unlimited' : amount(bytes)}`;
        const data = { limitBytes: bytes, neededBytes: neededMiB * 1024 * 1024 };
        const needed = `${neededMiB} MiB for a workload`;
        if (bytes === null || bytes >= data.neededBytes) return pass(found, needed, data);
        // A workload may be started with another limit than this shell has; a container has that of its runtime.
        if (of === 'this process')
          return warn(found, needed, 'start the workload after: ulimit -l unlimited', null, data);
        return fail(found, needed, `set LimitMEMLOCK=infinity in the service of ${of} and restart it`, null, data);
      });
    },
  },
];

/** Linux drivers/vhost/vdpa.c maps the memory of a process for a device that works with its addresses, and pins none. */
function isVduse({ pciAddress, create }: ChosenDevice, { report }: NodeCheckFacts): boolean {
  const made = report.node.vdpa.devices.find(({ name }) => name === pciAddress)?.mgmtdev;
  const yetToBeMade = create.some((creation) => creation.kind === 'vdpa' && creation.mgmtdev === 'vduse');
  return made === 'vduse' || yetToBeMade;
}

function amount(bytes: number): string {
  const kib = Math.floor(bytes / 1024);
  return kib < 1024 ? `${kib} KiB` : `${Math.floor(kib / 1024)} MiB`;
}
