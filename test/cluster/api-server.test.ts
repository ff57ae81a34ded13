// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { Kubectl } from './kubectl.ts';

const { bin, kubeconfig } = inject('cluster');
const kubectl = new Kubectl(bin, kubeconfig);

const namespace = 'api-server-restricted';

/** What the restricted profile accepts, but for what is changed in it. */
function podSpec(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'one',
        image: 'registry.invalid/one:1',
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
    ...changes,
  };
}

function pod(name: string, changes: Record<string, unknown> = {}): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec: podSpec(changes) });
}

describe('the API server of the lab', () => {
  beforeAll(async () => {
    const labels = Object.fromEntries(
      ['enforce', 'warn', 'audit'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']),
    );
    const restricted = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } };
    expect((await kubectl.apply(JSON.stringify(restricted))).exitCode).toBe(0);
    await kubectl.ok('-n', namespace, 'create', 'serviceaccount', 'default');
  });

  test('is the version that was asked for, as is its client', async () => {
    const version: unknown = JSON.parse(await kubectl.ok('version', '-o', 'json'));
    const gitVersion = /\/kubernetes-(v1\.34\.\d+)-/.exec(bin)?.[1];
    expect(gitVersion).toBeDefined();
    expect(version).toMatchObject({ clientVersion: { gitVersion }, serverVersion: { gitVersion } });
  });

  test('keeps what a server-side apply gives it, and a second one changes nothing', async () => {
    const map = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'api-server', namespace: 'default' },
      data: { a: 'b' },
    };
    const versionOf = () => kubectl.ok('get', 'configmap', 'api-server', '-o', 'jsonpath={.metadata.resourceVersion}');
    expect(await kubectl.apply(JSON.stringify(map))).toMatchObject({ exitCode: 0 });
    const first = await versionOf();
    expect(await kubectl.apply(JSON.stringify(map))).toMatchObject({ exitCode: 0 });
    expect(await versionOf()).toBe(first);
  });

  test('refuses a field that the kind does not have', async () => {
    const map = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'api-server', namespace: 'default' },
      dta: {},
    };
    const result = await kubectl.apply(JSON.stringify(map), '--dry-run=server');
    expect(result.exitCode).toBe(1);
    expect(result.all).toContain('.dta: field not declared in schema');
  });

  test.each([
    ['host network', { hostNetwork: true }],
    ['a host path', { volumes: [{ name: 'host', hostPath: { path: '/' } }] }],
    ['root', { securityContext: { runAsUser: 0, seccompProfile: { type: 'RuntimeDefault' } } }],
  ])('refuses a pod with %s where only restricted ones may be', async (_, changes) => {
    const result = await kubectl.apply(pod('refused', changes), '--dry-run=server');
    expect(result.exitCode).toBe(1);
    expect(result.all).toContain('violates PodSecurity "restricted:latest"');
  });

  test('warns of a controller whose pods would be refused', async () => {
    const spec = podSpec({ hostNetwork: true });
    const labels = { app: 'warned' };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'warned', namespace },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    };
    const result = await kubectl.apply(JSON.stringify(deployment), '--dry-run=server');
    expect(result).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('would violate PodSecurity') });
  });

  test('accepts a restricted pod without a warning', async () => {
    const result = await kubectl.apply(pod('accepted'), '--dry-run=server');
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  });
});
