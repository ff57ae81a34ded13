// SPDX-License-Identifier: Apache-2.0
import { type Check, fail, pass } from '../check.ts';

export const machineChecks: readonly Check[] = [
  {
    id: 'VDPA-ROOT-001',
    category: 'machine',
    title: 'running as root',
    scope: 'machine',
    pre: true,
    about: [
      'Huge pages, sockets below `/run`, and processes that outlive the command belong to root. `detect`, `render`, `init`, `schema`, `completion`, `version` and `check` itself run as any user; `check` then reports this one as failed.',
      'By hand: run the same command with `sudo`.',
    ],
    judge: ({ isRoot }) =>
      isRoot
        ? pass('root', 'root')
        : fail(
            'an ordinary user',
            'root, for huge pages and for processes that outlive this command',
            'run the same command with sudo',
          ),
  },
];
