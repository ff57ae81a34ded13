// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import * as z from 'zod';
import { deployerRole } from '../../../src/cluster/rbac/deployer-role.ts';
import type { Grant } from '../../../src/cluster/rbac/grant.ts';
import { escalationGrants } from '../../../src/cluster/rbac/rendered-grants.ts';
import { requiredGrants } from '../../../src/cluster/rbac/required-rules.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { renderKubernetes } from '../../../src/templates/kubernetes/render-kubernetes.ts';
import { awsNode } from '../../fixtures/cluster-nodes.ts';
import { transcript } from '../../local/helpers/cli.ts';
import { StackLab } from '../helpers/stack-lab.ts';

const { bin } = inject('cluster');
const user = 'deployer';
const own = {
  kubernetes: { namespace: 'least-system', workloadNamespace: 'least-workloads', workloads: ['l3fwd', 'seawreck'] },
};
const config = configSchema.parse(own);

const eventSchema = z.object({
  verb: z.string(),
  user: z.object({ username: z.string() }),
  responseStatus: z.object({ code: z.int().optional() }).optional(),
  objectRef: z
    .object({
      resource: z.string(),
      subresource: z.string().optional(),
      apiGroup: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    })
    .optional(),
});
type AuditEvent = z.infer<typeof eventSchema>;

describe('a deployer with exactly the rights that vdpactl rbac prints', () => {
  let folder: string;
  let lab: StackLab;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vdpactl-audit-'));
    const policy = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'Metadata', users: [user] }] };
    writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy));
    lab = await StackLab.start({
      bin,
      config: own,
      reports: [awsNode('node-a'), awsNode('node-b')],
      users: { [user]: [] },
      serverArguments: [
        `--audit-policy-file=${join(folder, 'policy.json')}`,
        `--audit-log-path=${join(folder, 'audit.log')}`,
      ],
    });
    const items = deployerRole(config, [{ kind: 'User', name: user }]);
    const applied = await lab.cluster.kubectl.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    expect(applied, applied.all).toMatchObject({ exitCode: 0 });
  });

  afterAll(async () => {
    await lab.stop();
    rmSync(folder, { recursive: true });
  });

  test('runs every command from the first deploy to destroy, and is refused nothing', async () => {
    const options = { kubeconfig: lab.cluster.server.kubeconfigOf(user) };
    const before = await lab.settledState();
    for (const args of [
      ['detect', '--cluster'],
      ['check', '--cluster', '--only', 'VDPA-RBAC-001', '--namespace', 'least-system'],
      ['deploy', '--target', 'kubernetes'],
      ['diff'],
      ['status', '--target', 'kubernetes'],
      ['sysdump', '--file', 'dump.tgz'],
      ['destroy', '--target', 'kubernetes'],
    ]) {
      const result = await lab.run([...args, '--progress', 'plain'], options);
      expect(result.code, `${args.join(' ')}\n${transcript(result)}`).toBe(0);
    }
    const events = await audited();
    // Events of nodes are in a namespace that is not the stack's: a sysdump does without.
    const refused = events.filter(({ responseStatus }) => responseStatus?.code === 403);
    expect(refused.filter(({ objectRef }) => objectRef?.namespace !== 'default')).toEqual([]);
    // What was there before is there again: the namespaces that came with the roles.
    expect(await lab.differences(before)).toEqual([]);
  });

  test('has no right that is never used, but for those that it passes on', async () => {
    const used = (await audited()).flatMap(usesOf);
    const passedOn = new Set(escalationGrants(renderKubernetes({ nodes: [], config }).objects).flatMap(keysOf));
    const unused = requiredGrants(config)
      .flatMap(keysOf)
      .filter((key) => !passedOn.has(key) && !used.some((use) => covers(key, use)));
    // Only where one of them takes too long.
    expect(unused).toEqual(['delete pods  least-system']);
  });

  async function audited(): Promise<AuditEvent[]> {
    const lines = readFileSync(join(folder, 'audit.log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    return lines.map((line) => eventSchema.parse(JSON.parse(line))).filter((event) => event.user.username === user);
  }
});

/** `verb resource name namespace`, with nothing where all are meant. */
function keysOf({ group, resource, namespace, names, verbs }: Grant): string[] {
  const [kind, sub] = resource.split('/');
  const text = `${kind}${group === '' ? '' : `.${group}`}${sub === undefined ? '' : `/${sub}`}`;
  return verbs.flatMap(({ verb }) => (names ?? ['']).map((name) => [verb, text, name, namespace ?? ''].join(' ')));
}

function usesOf({ verb, objectRef, responseStatus }: AuditEvent): string[] {
  if (objectRef === undefined) return [];
  const { resource, subresource, apiGroup, name = '', namespace = '' } = objectRef;
  const text = `${resource}${apiGroup === undefined ? '' : `.${apiGroup}`}${subresource === undefined ? '' : `/${subresource}`}`;
  // An apply that makes an object is a patch to the log, and needs both.
  const verbs = verb === 'patch' && responseStatus?.code === 201 ? ['patch', 'create'] : [verb];
  return verbs.map((each) => [each, text, name, namespace].join(' '));
}

function covers(key: string, use: string): boolean {
  const asked = use.split(' ');
  return key.split(' ').every((word, index) => word === asked[index] || (index > 1 && word === ''));
}
