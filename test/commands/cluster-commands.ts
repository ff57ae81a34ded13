// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterEach, beforeEach } from 'vitest';
import { schemaVersion } from '../../src/schema-version.ts';
import { FakeApi } from '../cluster-runtime/watch/fake-api.ts';
import { awsNode } from '../fixtures/cluster-nodes.ts';
import { scratch } from '../fixtures/scratch.ts';
import { runCommand } from './run-command.ts';

/** A folder with a config, reports of nodes, and a kubeconfig of three contexts: two of a fake API server, one of none. */
export function clusterFolder() {
  const use = scratch();
  let api: FakeApi;
  beforeEach(async () => {
    const started = await FakeApi.start();
    api = started.api;
    const server = started.client.access.server.href;
    started.client.close();
    const context = (name: string, cluster: string) => ({ name, context: { cluster, user: 'me' } });
    const kubeconfig = {
      'current-context': 'one',
      contexts: [context('one', 'fake'), context('two', 'fake'), context('away', 'nowhere')],
      clusters: [
        { name: 'fake', cluster: { server } },
        { name: 'nowhere', cluster: { server: 'http://127.0.0.1:1' } },
      ],
      users: [{ name: 'me', user: { token: 'good' } }],
    };
    const nodes = [{ ...awsNode('aws-1'), decision: {} }];
    const write = (name: string, content: object) => writeFileSync(join(use.folder(), name), JSON.stringify(content));
    write('kubeconfig', kubeconfig);
    write('nodes.json', { schemaVersion, nodes });
    for (const name of ['default', 'vdpactl-system']) api.put('/api/v1/namespaces', { metadata: { name } });
    api.put('/api/v1/nodes', { metadata: { name: 'aws-1', uid: 'u' } });
  });
  afterEach(() => api.stop());
  return {
    get api() {
      return api;
    },
    get folder() {
      return use.folder();
    },
    /** What a command prints as JSON, and the exit code that it sets. */
    async run(command: Command, ...args: readonly string[]) {
      let exit = 0;
      const setExitCode = (code: number) => {
        exit = code;
      };
      const all = ['--kubeconfig', 'kubeconfig', '-o', 'json', ...args];
      const text = await runCommand(command, all, use.folder(), setExitCode);
      return { exit, document: JSON.parse(text) };
    },
  };
}
