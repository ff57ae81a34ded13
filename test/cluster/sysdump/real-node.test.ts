// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connect } from '../../../src/cluster/client/kube-client.ts';
import { type Sysdump, takeSysdump } from '../../../src/cluster/sysdump/take-sysdump.ts';
import { silentProgress } from '../../../src/output/progress.ts';
import { copyPrograms } from '../helpers/image.ts';
import { type LabCluster, startCluster } from '../lab-cluster.ts';

const image = 'registry.invalid/shell:1';
const namespace = 'default';
const limitBytes = 20_000;
/** 2,000 lines of 30 bytes, then a credential, then the end. */
const script =
  'i=0; while [ $i -lt 2000 ]; do echo "this is line $i of the log"; i=$((i+1)); done; echo "password=hunter2"; echo "the last line"; sleep 1; exit 3';

describe.skipIf(inject('cluster').whyNoNode !== null)('a sysdump of a real node', () => {
  let cluster: LabCluster;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vdpactl-dump-'));
    cluster = await startCluster();
    const root = mkdtempSync(join(tmpdir(), 'vdpactl-image-'));
    try {
      await copyPrograms(root, ['/bin/busybox']);
      await cluster.node.importImage(root, { name: image, entrypoint: ['/bin/busybox', 'sh', '-c'] });
    } finally {
      rmSync(root, { recursive: true });
    }
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'crashing', namespace, labels: { 'app.kubernetes.io/part-of': 'vdpactl' } },
      spec: {
        restartPolicy: 'Always',
        containers: [{ name: 'one', image, imagePullPolicy: 'Never', args: [script] }],
      },
    };
    expect(await cluster.kubectl.apply(JSON.stringify(pod))).toMatchObject({ exitCode: 0 });
  });

  afterAll(async () => {
    await cluster?.stop();
    rmSync(folder, { recursive: true });
  });

  test('has the end of the log, now and before the last restart, without the credential', async () => {
    const restarts = 'jsonpath={.status.containerStatuses[0].restartCount}';
    await expect
      .poll(() => cluster.kubectl.ok('get', 'pod', 'crashing', '-o', restarts), { timeout: 60_000 })
      .toMatch(/^[12]$/);
    await expect
      .poll(() => cluster.kubectl.ok('logs', 'crashing', '--tail=1'), { timeout: 60_000 })
      .toBe('the last line');
    const client = connect({ kubeconfig: cluster.server.kubeconfig }, {}, '/');
    const file = join(folder, 'dump.tgz');
    let result: Sysdump;
    try {
      result = await takeSysdump({
        ...{ client, namespace, workloadNamespace: namespace, file, shown: file, force: false, nodes: null },
        ...{ logs: { sinceSeconds: 600, limitBytes }, parallel: 2, probe: null, progress: silentProgress },
        signal: new AbortController().signal,
      });
    } finally {
      client.close();
    }
    expect(result.parts.find(({ part }) => part === 'logs')).toMatchObject({ outcome: 'saved', files: 2 });
    const text = gunzipSync(readFileSync(file)).toString('utf8');
    expect(text).not.toContain('hunter2');
    for (const name of ['one.log', 'one.previous.log']) {
      const at = text.indexOf(`logs/${namespace}/crashing/${name}`);
      expect(at, name).toBeGreaterThan(0);
      const log = text.slice(at, at + limitBytes + 2048);
      expect(log).toContain('the last line\n');
      expect(log).toContain('password=[hidden]');
      expect(log).not.toContain('this is line 10 of');
      expect(log.match(/this is line/g)?.length).toBeGreaterThan(100);
    }
  });
});
