// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { runDir } from '../../../dataplane/contract/run-dir.ts';
import { hostPlaces, multusPlaces, resource } from '../../../src/node/clean/host-places.ts';
import { hostPaths } from '../../../src/templates/kubernetes/host-paths.ts';
import { multusDaemonSet } from '../../../src/templates/kubernetes/multus/multus.ts';
import { resourceName, resourcePrefix } from '../../../src/templates/kubernetes/names.ts';
import { config } from '../../fixtures/reports.ts';

test('cleans the places that the rendered stack uses', () => {
  expect(hostPlaces).toMatchObject({
    runDir: hostPaths.runDir,
    attachments: runDir(hostPaths.runDir).attachments,
    pods: hostPaths.pods,
    cniBinaries: hostPaths.cniBinaries,
    deviceInfoOfPlugins: hostPaths.deviceInfoOfPlugins,
    deviceInfoOfCni: hostPaths.deviceInfoOfCni,
    devicePlugins: [hostPaths.pluginsRegistry, hostPaths.devicePlugins],
  });
  expect(resource).toEqual({ prefix: resourcePrefix, name: resourceName });
});

test('knows every folder that Multus makes on a host', () => {
  const made = JSON.stringify(multusDaemonSet(config())).match(/"path":"[^"]+","type":"DirectoryOrCreate"/g) ?? [];
  const shared = [hostPlaces.cniConfig, hostPlaces.cniBinaries, '/run/k8s.cni.cncf.io', '/run/netns'];
  const own = [...multusPlaces.folders, ...multusPlaces.emptyFolders] as readonly string[];
  const paths = made.map((text) => /"path":"([^"]+)"/.exec(text)?.[1] ?? '');
  expect(paths.length).toBeGreaterThan(4);
  expect(paths.filter((path) => !shared.includes(path) && !own.includes(path))).toEqual([]);
});
