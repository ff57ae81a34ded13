// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ClusterOptions } from '../../../src/cluster/client/cluster-options.ts';
import { inClusterKubeconfig } from '../../../src/cluster/client/in-cluster.ts';
import { loadAccess } from '../../../src/cluster/client/kubeconfig.ts';

const folder = mkdtempSync(join(tmpdir(), 'vdpactl-kubeconfig-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: string | object): string {
  files += 1;
  const path = join(folder, `config-${files}`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** A kubeconfig with one context a name; each has a server and a user of the same name. */
function contexts(names: readonly string[], suffix = '', current: string | null = names[0] ?? null): object {
  return {
    'current-context': current ?? '',
    clusters: names.map((name) => ({ name, cluster: { server: `https://${name}${suffix}.example` } })),
    users: names.map((name) => ({ name, user: { token: `${name}${suffix}-token` } })),
    contexts: names.map((name) => ({ name, context: { cluster: name, user: name, namespace: `${name}-space` } })),
  };
}

const load = async (options: ClusterOptions, env: NodeJS.ProcessEnv = { HOME: join(folder, 'nobody') }) =>
  loadAccess(options, env, folder);

describe('loadAccess', () => {
  it('takes the current context, or the one that is named', async () => {
    const kubeconfig = file(contexts(['a', 'b']));
    expect(await load({ kubeconfig })).toMatchObject({
      context: 'a',
      namespace: 'a-space',
      user: { token: 'a-token' },
    });
    expect((await load({ kubeconfig, context: 'b' })).server.href).toBe('https://b.example/');
  });

  it('reads the files of KUBECONFIG as kubectl does: the first counts, and one that is missing does not', async () => {
    const list = [join(folder, 'missing'), file(contexts(['a'], '1', null)), file(contexts(['a', 'b'], '2', 'b'))];
    const env = { KUBECONFIG: list.join(':') };
    expect(await load({}, env)).toMatchObject({ context: 'b', user: { token: 'b2-token' } });
    expect(await load({ context: 'a' }, env)).toMatchObject({ user: { token: 'a1-token' } });
  });

  it('reads ~/.kube/config, and paths in a file from where the file is', async () => {
    const home = join(folder, 'home');
    mkdirSync(join(home, '.kube'), { recursive: true });
    const text = `apiVersion: v1
kind: Config
preferences: {}
current-context: lab
contexts: [{name: lab, context: {cluster: lab, user: lab}}]
clusters: [{name: lab, cluster: {server: "192.0.2.1:6443", certificate-authority: ca.crt}}]
users:
- name: lab
  user: {client-certificate: sub/c.crt, client-key: /k.pem, tokenFile: "", exec: {apiVersion: client.authentication.k8s.io/v1, command: ./log-in}}
`;
    writeFileSync(join(home, '.kube/config'), text);
    expect(await load({}, { HOME: home })).toMatchObject({
      server: new URL('https://192.0.2.1:6443'),
      cluster: { 'certificate-authority': join(home, '.kube/ca.crt') },
      user: {
        'client-certificate': join(home, '.kube/sub/c.crt'),
        'client-key': '/k.pem',
        tokenFile: undefined,
        exec: { command: join(home, '.kube/log-in'), args: [] },
      },
    });
  });

  it.each<[string, string | object | null, string | undefined, RegExp]>([
    ['no file at all', null, undefined, /there is no kubeconfig, and this is no pod/],
    ['no YAML', 'a: [\nb: secret-token', undefined, /not valid YAML/],
    ['something else', { users: [{ name: 'a', user: 'secret-token' }] }, undefined, /is not one$/],
    ['no current context', contexts(['a'], '', null), undefined, /has no current context/],
    ['another context', contexts(['a']), 'b', /has no context b/],
    ['no cluster', { ...contexts(['a']), clusters: [] }, undefined, /names the cluster a, which has no server/],
    ['no user', { ...contexts(['a']), users: [] }, undefined, /names the user a, who is not there/],
    [
      'a strange server',
      { ...contexts(['a']), clusters: [{ name: 'a', cluster: { server: 'ftp://a' } }] },
      undefined,
      /no http or https address/,
    ],
  ])('refuses %s, and prints no secret', async (_, content, context, message) => {
    const options = content === null ? {} : { kubeconfig: file(content) };
    const error: unknown = await load({ ...options, ...(context === undefined ? {} : { context }) }).catch(
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'VDPA-CLUSTER-001', message: expect.stringMatching(message) });
    expect(JSON.stringify(error)).not.toContain('secret-token');
  });

  it('lists the contexts that there are', async () => {
    const kubeconfig = file(contexts(['a', 'b']));
    await expect(load({ kubeconfig, context: 'c' })).rejects.toMatchObject({ details: ['context a', 'context b'] });
    await expect(load({ kubeconfig: 'missing' })).rejects.toMatchObject({ where: join(folder, 'missing') });
  });
});

describe('inClusterKubeconfig', () => {
  const account = join(folder, 'account');
  mkdirSync(account);
  writeFileSync(join(account, 'token'), 'secret');
  writeFileSync(join(account, 'namespace'), 'own\n');

  it('is that of the pod', () => {
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
    expect(inClusterKubeconfig(env, account)).toMatchObject({
      clusters: [{ cluster: { server: 'https://[fd00::1]:6443', 'certificate-authority': join(account, 'ca.crt') } }],
      users: [{ user: { tokenFile: join(account, 'token') } }],
      contexts: [{ context: { namespace: 'own' } }],
    });
  });

  it.each([
    ['outside of a cluster', {}, account],
    ['in a pod without an account', { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, join(folder, 'none')],
  ])('is none %s', (_, env, at) => expect(inClusterKubeconfig(env, at)).toBeNull());
});
