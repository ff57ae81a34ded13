// SPDX-License-Identifier: Apache-2.0
import { type Check, pass, shell, skip, warn } from '../check.ts';
import { counted, cpuRanges, listed, nicOf, noDevices } from '../node-words.ts';
import { cpusToIsolate, pollersOf } from '../pollers.ts';

export const cpuChecks: readonly Check[] = [
  {
    id: 'VDPA-CPU-001',
    category: 'cpu',
    title: 'every poller has a CPU of its own',
    scope: 'machine',
    pre: true,
    about: [
      'Each backend, the workload and the generator poll: they use a whole CPU all the time, with traffic or without. With fewer CPUs than pollers they take turns. Everything still works, at a fraction of the rate, and every report then says `overcommitted`. Counted are the CPUs that vdpactl itself may run on (cpuset, affinity). This check never fails.',
      'By hand: give the machine more CPUs, or deploy fewer devices. How CPUs are chosen: [local provider](providers/local.md#cpus).',
    ],
    judge({ pollers, pollerCpus }) {
      const found = `${pollerCpus.length} CPU${pollerCpus.length === 1 ? '' : 's'} for ${pollers} busy-polling processes`;
      const needed = `${pollers} CPUs`;
      const data = { cpus: pollerCpus.length, pollers };
      return pollerCpus.length >= pollers
        ? pass(found, needed, data)
        : warn(
            found,
            needed,
            'everything works, but rates are a fraction of what the machine can do: say so with every number',
            null,
            data,
          );
    },
  },
  {
    id: 'VDPA-CPU-002',
    category: 'cpu',
    title: 'CPUs are kept free for pollers',
    scope: 'node',
    pre: true,
    about: [
      'The workload that has a device polls a CPU, and so does the backend testpmd; the other backends only wait. A CPU that the kernel also schedules other processes on loses packets whenever one of them runs. Isolated CPUs have nothing but what is put there on purpose.',
      'By hand: on the kernel command line, then reboot. The hint names CPUs near the devices; leave CPU 0 to the system.',
      shell('isolcpus=2-5 nohz_full=2-5 rcu_nocbs=2-5'),
      'In a cluster also let the kubelet give whole CPUs to pods: `cpuManagerPolicy: static`, with a `reservedSystemCPUs` for the rest.',
    ],
    judge(facts) {
      const none = noDevices(facts);
      if (none !== null) return none;
      const { isolated, online } = facts.report.node.cpus;
      const pollers = pollersOf(facts);
      const found = isolated.length === 0 ? 'no CPU is isolated' : `${cpuRanges(isolated)} are isolated`;
      const needed = `${counted(pollers, 'isolated CPU')}, one for each poller`;
      const data = { isolatedCpus: isolated.length, pollers };
      if (isolated.length >= pollers) return pass(found, needed, data);
      const proposal = cpusToIsolate(facts);
      const hint =
        proposal === null
          ? `this node has only ${counted(online.length, 'CPU')}: pollers and system will take turns; give away fewer devices, or use a larger machine`
          : `boot with isolcpus=${proposal} nohz_full=${proposal} rcu_nocbs=${proposal}`;
      return warn(found, needed, hint, null, data);
    },
  },
  {
    id: 'VDPA-NUMA-001',
    category: 'cpu',
    title: 'each device has CPUs on its NUMA node',
    scope: 'node',
    pre: true,
    about: [
      'Between sockets every packet and every descriptor crosses the link that joins them. The pollers of a NIC belong on CPUs of its NUMA node; where CPUs are isolated, on isolated ones there. A NIC for which the firmware names no NUMA node fits everywhere.',
      'By hand: isolate CPUs of that node, or put the NIC into a slot of the other socket. `lscpu` and `cat /sys/bus/pci/devices/ADDRESS/numa_node` show what belongs together. In a cluster the topology manager of the kubelet keeps device and CPUs of a pod together: `topologyManagerPolicy: single-numa-node`.',
    ],
    judge(facts) {
      const none = noDevices(facts);
      if (none !== null) return none;
      const { byNumaNode, isolated } = facts.report.node.cpus;
      if (byNumaNode.length < 2) return skip('this node has a single NUMA node');
      const nodes = new Map<number, string[]>();
      for (const device of facts.decision.devices) {
        const numaNode = nicOf(device, facts)?.numaNode ?? null;
        if (numaNode !== null) nodes.set(numaNode, [...(nodes.get(numaNode) ?? []), device.pciAddress]);
      }
      if (nodes.size === 0) return skip('no device belongs to a NUMA node');
      return [...nodes].map(([numaNode, devices]) => {
        const there = byNumaNode.find((node) => node.numaNode === numaNode)?.cpus ?? [];
        const free = there.filter((cpu) => isolated.includes(cpu));
        const what = `${listed(devices)} on NUMA node ${numaNode}`;
        const data = { numaNode, onlineCpus: there.length, isolatedCpus: free.length };
        if (there.length === 0) {
          const hint = 'put the NIC into a slot of another socket, or bring CPUs of that node online';
          return warn(`${what}, which has no CPU online`, 'CPUs on the same NUMA node', hint, null, data);
        }
        if (isolated.length > 0 && free.length === 0) {
          const hint = `isolate CPUs of that node too: ${cpuRanges(there.length > 1 ? there.slice(1) : there)}`;
          return warn(
            `${what}; all isolated CPUs are elsewhere`,
            'isolated CPUs on the same NUMA node',
            hint,
            null,
            data,
          );
        }
        return pass(
          `${what}, with CPUs ${cpuRanges(free.length > 0 ? free : there)}`,
          'CPUs on the same NUMA node',
          data,
        );
      });
    },
  },
];
