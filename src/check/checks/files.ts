// SPDX-License-Identifier: Apache-2.0
import { maxSocketPathBytes } from '../../../dataplane/contract/run-dir.ts';
import { type Check, fail, pass, skip } from '../check.ts';

/** Room for sockets, state and capped logs, MiB. */
const minFreeMiB = 16;

export const fileChecks: readonly Check[] = [
  {
    id: 'VDPA-PATH-001',
    category: 'files',
    title: 'socket paths fit',
    scope: 'machine',
    pre: true,
    about: [
      'Linux takes at most 107 bytes for the path of a UNIX socket (unix(7)). The longest path below the run directory is that of a workload with a name of 24 characters. With `/run/vdpactl` there is ample room.',
      'By hand: choose a shorter `--run-dir`.',
    ],
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
    scope: 'machine',
    pre: true,
    about: [
      "`vdpactl destroy` removes the run directory, so it must hold nothing but what vdpactl put there. It has to be an absolute path to a folder, or to nothing yet. A folder that is not empty counts as vdpactl's by its `stack.json`, not by the names of what else is in it.",
      'By hand: choose another folder with `--run-dir`; one that does not exist yet is best.',
    ],
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
    scope: 'machine',
    pre: true,
    about: [
      '16 MiB on the file system of the run directory. `/run` is in memory on most machines. Logs of backends are cut at 1 MiB, so the need does not grow with time.',
      'By hand: free some space there; `df` shows how much is left.',
    ],
    judge({ freeMiB, runDir }) {
      if (freeMiB === null) return skip('cannot be told');
      return freeMiB >= minFreeMiB
        ? pass(`${freeMiB} MiB`, `${minFreeMiB} MiB`)
        : fail(`${freeMiB} MiB`, `${minFreeMiB} MiB`, 'free some space there (df shows how much is left)', runDir);
    },
  },
];
