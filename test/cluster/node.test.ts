// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { copyPrograms } from './helpers/image.ts';
import { type LabCluster, startCluster } from './lab-cluster.ts';

const image = 'registry.invalid/shell:1';
const podTimeoutMs = 60_000;

describe.skipIf(inject('cluster').whyNoNode !== null)('the node of the lab', () => {
  const before = leftovers();
  let cluster: LabCluster;

  beforeAll(async () => {
    cluster = await startCluster();
    const root = mkdtempSync(join(tmpdir(), 'vdpactl-image-'));
    try {
      await copyPrograms(root, ['/bin/busybox']);
      await cluster.node.importImage(root, { name: image, entrypoint: ['/bin/busybox', 'sh', '-c'] });
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  afterAll(async () => {
    await cluster?.stop();
    expect(leftovers()).toEqual(before);
  });

  /** Runs a pod to its end and answers its phase and log. */
  async function runPod(
    name: string,
    command: string,
    spec: Record<string, unknown> = {},
    container: Record<string, unknown> = {},
  ) {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default' },
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'one', image, imagePullPolicy: 'Never', args: [command], ...container }],
        ...spec,
      },
    };
    expect(await cluster.kubectl.apply(JSON.stringify(pod))).toMatchObject({ exitCode: 0 });
    const deadline = performance.now() + podTimeoutMs;
    for (;;) {
      const phase = await cluster.kubectl.ok('get', 'pod', name, '-o', 'jsonpath={.status.phase}');
      if (phase === 'Succeeded' || phase === 'Failed') return { phase, log: await cluster.kubectl.ok('logs', name) };
      if (performance.now() > deadline) {
        throw new Error(
          `${name} is ${phase}\n${await cluster.kubectl.ok('describe', 'pod', name)}\n${cluster.node.logs()}`,
        );
      }
      await sleep(200);
    }
  }

  test('runs a pod, which reaches the API server, and hands out its log', async () => {
    const result = await runPod(
      'reaches',
      'busybox nc -w 5 "$KUBERNETES_SERVICE_HOST" "$KUBERNETES_SERVICE_PORT" </dev/null && echo reached; busybox ls /var/run/secrets/kubernetes.io/serviceaccount',
      {},
      { env: [{ name: 'PATH', value: '/bin' }] },
    );
    expect(result).toEqual({ phase: 'Succeeded', log: 'reached\nca.crt\nnamespace\ntoken' });
  });

  test('runs a restricted pod as another user, with an emptyDir', async () => {
    const result = await runPod(
      'restricted',
      '/bin/busybox id -u; echo written >/shared/file && /bin/busybox cat /shared/file',
      {
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
        volumes: [{ name: 'shared', emptyDir: {} }],
      },
      {
        volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    );
    expect(result).toEqual({ phase: 'Succeeded', log: '1000\nwritten' });
  });

  test('shows a pod the machine through host paths', async () => {
    const result = await runPod(
      'host-paths',
      '/bin/busybox cat /host/proc/sys/kernel/osrelease; /bin/busybox ls /host/sys/class/net',
      {
        hostNetwork: true,
        volumes: ['sys', 'proc'].map((name) => ({ name, hostPath: { path: `/${name}` } })),
      },
      { volumeMounts: ['sys', 'proc'].map((name) => ({ name, mountPath: `/host/${name}`, readOnly: true })) },
    );
    expect(result.phase).toBe('Succeeded');
    expect(result.log).toMatch(/^\d+\.\d+\S+\n(.*\n)*eth0\nlo/);
  });
});

/** What a cluster could leave behind on the machine. */
function leftovers(): Record<string, unknown> {
  const named = (folder: string, pattern: RegExp) => readdirSync(folder).filter((name) => pattern.test(name));
  return {
    interfaces: Object.keys(networkInterfaces()).filter((name) => name.startsWith('vdpalab')),
    cgroups: readdirSync('/sys/fs/cgroup').flatMap((name) => {
      const path = join('/sys/fs/cgroup', name);
      return existsSync(join(path, 'cgroup.procs')) ? named(path, /^vdpalab/) : [];
    }),
    folders: ['/var/lib/kubelet', '/etc/cni', '/opt/cni', '/run/containerd'].filter((path) => existsSync(path)),
    temporary: named(tmpdir(), /^vdpactl-(image|apply)-/),
  };
}
