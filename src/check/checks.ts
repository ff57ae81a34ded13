// SPDX-License-Identifier: Apache-2.0
import { maxSocketPathBytes } from '../../dataplane/contract/run-dir.ts';
import { type Check, fail, pass, skip, warn } from './check.ts';
import { bestPageNeed } from './hugepages.ts';

/** Room for sockets, state and capped logs, MiB. */
const minFreeMiB = 16;

const installHint = 'on Debian and Ubuntu: apt-get install';

/** Every check, in the order in which they are shown. docs/checks.md has a section for each id; a test sees to it. */
export const checks: readonly Check[] = [
  {
    id: 'VDPA-ROOT-001',
    category: 'machine',
    title: 'running as root',
    judge: ({ isRoot }) =>
      isRoot
        ? pass('root', 'root')
        : fail(
            'an ordinary user',
            'root, for huge pages and for processes that outlive this command',
            'run the same command with sudo',
          ),
  },
  {
    id: 'VDPA-DPDK-001',
    category: 'dpdk',
    title: 'DPDK is installed',
    judge: ({ dpdk }) =>
      dpdk === null
        ? fail('no dpdk-testpmd in PATH', 'DPDK 22.11 or later', `${installHint} dpdk-dev, or run ./quickstart`)
        : pass(`${dpdk.testpmd}, DPDK ${dpdk.version ?? 'of unknown version'}`, 'DPDK 22.11 or later'),
  },
  {
    id: 'VDPA-DPDK-002',
    category: 'dpdk',
    title: 'the workload can be built',
    judge: ({ missingBuildTools: missing }) =>
      missing.length === 0
        ? pass('all there', 'a C compiler, make, pkg-config, DPDK headers and example sources')
        : fail(
            `missing: ${missing.join(', ')}`,
            'a C compiler, make, pkg-config, DPDK headers and example sources',
            `${installHint} gcc make pkg-config libdpdk-dev dpdk-doc, or run ./quickstart`,
          ),
  },
  {
    id: 'VDPA-HUGE-001',
    category: 'memory',
    title: 'enough huge pages are free',
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
      if (need.free >= need.needed) return pass(found, needed);
      const total = need.total + need.needed - need.free;
      const file = `/sys/kernel/mm/hugepages/hugepages-${need.sizeKiB}kB/nr_hugepages`;
      return fail(found, needed, `set aside ${need.needed - need.free} more: echo ${total} > ${file}`, file);
    },
  },
  {
    id: 'VDPA-CPU-001',
    category: 'cpu',
    title: 'every poller has a CPU of its own',
    judge({ pollers, pollerCpus }) {
      const found = `${pollerCpus.length} CPU${pollerCpus.length === 1 ? '' : 's'} for ${pollers} busy-polling processes`;
      const needed = `${pollers} CPUs`;
      return pollerCpus.length >= pollers
        ? pass(found, needed)
        : warn(
            found,
            needed,
            'everything works, but rates are a fraction of what the machine can do: say so with every number',
          );
    },
  },
  {
    id: 'VDPA-WIRE-001',
    category: 'network',
    title: 'the interface for the wire can be used',
    judge({ wireInterface: wire }) {
      if (wire === null) return skip('the wire is not an interface');
      if (!wire.exists)
        return fail('no such interface', 'an interface of this machine', 'list them with: ip link', wire.name);
      if (!wire.up)
        return fail('it is down', 'an interface that is up', `bring it up: ip link set ${wire.name} up`, wire.name);
      return pass('there and up', 'an interface that is up');
    },
  },
  {
    id: 'VDPA-UPLINK-001',
    category: 'network',
    title: 'the interface for the wire is not an uplink',
    judge({ wireInterface: wire }) {
      if (wire === null || !wire.exists) return skip('the wire is not an interface');
      return wire.uplink
        ? fail(
            wire.reasons.join('; '),
            'an interface that this machine does not depend on',
            `choose another, or a veth pair: ip link add wire0 type veth peer name wire1. Nothing overrides this; only unconfiguring ${wire.name} does`,
            wire.name,
          )
        : pass('no address, no route, no session depends on it', 'an interface that this machine does not depend on');
    },
  },
  {
    id: 'VDPA-PATH-001',
    category: 'files',
    title: 'socket paths fit',
    judge: ({ longestSocketPath: bytes, runDir }) =>
      bytes <= maxSocketPathBytes
        ? pass(`${bytes} bytes at most`, `${maxSocketPathBytes} bytes (unix(7))`)
        : fail(
            `${bytes} bytes`,
            `${maxSocketPathBytes} bytes (unix(7))`,
            `choose a run directory that is at least ${bytes - maxSocketPathBytes} bytes shorter`,
            runDir,
          ),
  },
  {
    id: 'VDPA-RUNDIR-001',
    category: 'files',
    title: 'the run directory can be used',
    judge: ({ runDir, runDirProblem }) =>
      runDirProblem === null
        ? pass(runDir, 'a folder of our own')
        : fail(
            runDirProblem,
            'a folder of our own',
            'choose another folder with --run-dir; one that does not exist yet is best',
            runDir,
          ),
  },
  {
    id: 'VDPA-DISK-001',
    category: 'files',
    title: 'there is room for state and logs',
    judge({ freeMiB, runDir }) {
      if (freeMiB === null) return skip('cannot be told');
      return freeMiB >= minFreeMiB
        ? pass(`${freeMiB} MiB`, `${minFreeMiB} MiB`)
        : fail(`${freeMiB} MiB`, `${minFreeMiB} MiB`, 'free some space there (df shows how much is left)', runDir);
    },
  },
];
