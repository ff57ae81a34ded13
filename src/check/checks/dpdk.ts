// SPDX-License-Identifier: Apache-2.0
import { type Check, fail, pass, shell } from '../check.ts';

const installHint = 'on Debian and Ubuntu: apt-get install';
const buildNeed = 'a C compiler, make, pkg-config, DPDK headers and example sources';

export const dpdkChecks: readonly Check[] = [
  {
    id: 'VDPA-DPDK-001',
    category: 'dpdk',
    title: 'DPDK is installed',
    scope: 'machine',
    pre: true,
    about: [
      '`dpdk-testpmd` is the backend and the traffic generator. It is looked for in `PATH`; `VDPACTL_TESTPMD` names another one. The version is what that program says of itself. vdpactl is used with DPDK 22.11 (Debian 12) and 24.11 (Debian 13).',
      'By hand, on Debian and Ubuntu:',
      shell('apt-get install dpdk-dev'),
    ],
    judge: ({ dpdk }) =>
      dpdk === null
        ? fail('no dpdk-testpmd in PATH', 'DPDK 22.11 or later', `${installHint} dpdk-dev, or run ./quickstart`)
        : pass(`${dpdk.testpmd}, DPDK ${dpdk.version ?? 'of unknown version'}`, 'DPDK 22.11 or later'),
  },
  {
    id: 'VDPA-DPDK-002',
    category: 'dpdk',
    title: 'the workload can be built',
    scope: 'machine',
    pre: true,
    about: [
      "The benchmark's workload is DPDK's own l3fwd, which no distribution ships as a program. It is built once, unchanged, from the example sources, together with the preload library `libealshim.so`, and kept in `~/.cache/vdpactl`. `attach` needs that library too. `deploy` does not.",
      'By hand, on Debian and Ubuntu:',
      shell('apt-get install gcc make pkg-config libdpdk-dev dpdk-doc'),
      'All of these have to be of one DPDK version.',
    ],
    judge: ({ missingBuildTools: missing }) =>
      missing.length === 0
        ? pass('all there', buildNeed)
        : fail(
            `missing: ${missing.join(', ')}`,
            buildNeed,
            `${installHint} gcc make pkg-config libdpdk-dev dpdk-doc, or run ./quickstart`,
          ),
  },
];
