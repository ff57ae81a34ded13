// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  deviceSocket,
  interfaceNamePattern,
  longestSocketPath,
  maxInterfaces,
  maxWorkloadName,
  runDir,
  wireSocket,
  workloadDir,
  workloadNamePattern,
} from '../../../dataplane/contract/run-dir.ts';

it('names every path below its root, each another', () => {
  const { root, ...paths } = runDir('/run/x');
  const all = Object.values(paths);
  expect(all.every((path) => path.startsWith(`${root}/`))).toBe(true);
  expect(new Set(all).size).toBe(all.length);
});

it.each(['a', 'a-b', '0', 'a'.repeat(maxWorkloadName)])('%j is a name for a workload', (name) => {
  expect(name).toMatch(workloadNamePattern);
});

it.each(['', '-a', 'a-', 'A', 'a.b', '..', 'a/b', 'ä', 'a\n', 'a'.repeat(maxWorkloadName + 1)])(
  '%j is none',
  (name) => {
    expect(name).not.toMatch(workloadNamePattern);
  },
);

it.each(['net1', 'net10', `net${maxInterfaces}`])('%j is a name for an interface', (name) => {
  expect(name).toMatch(interfaceNamePattern);
});

it.each(['', 'net', 'net0', 'net01', `net${maxInterfaces + 1}`, '../net1', 'net1/x', 'net1\n'])(
  '%j is none',
  (name) => {
    expect(name).not.toMatch(interfaceNamePattern);
  },
);

it('leads to no socket path that is longer than the one that was checked', () => {
  const dir = runDir('/run/vdpactl');
  const names = fc.stringMatching(workloadNamePattern).filter((name) => workloadNamePattern.test(name));
  fc.assert(
    fc.property(names, fc.stringMatching(interfaceNamePattern), fc.nat(15), (workload, netdev, index) => {
      const sockets = [
        `${workloadDir(dir, workload)}/${netdev}/vhost.sock`,
        deviceSocket(dir, `local${index}`),
        deviceSocket(dir, '0000:03:00.0'),
        wireSocket(dir, `local${index}`),
        dir.grpcSocket,
      ];
      for (const socket of sockets) expect(socket.length).toBeLessThanOrEqual(longestSocketPath(dir).length);
    }),
  );
});
