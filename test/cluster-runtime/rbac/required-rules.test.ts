// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { renderedKinds, resourceText } from '../../../src/cluster/objects/object-ref.ts';
import { deployerRole } from '../../../src/cluster/rbac/deployer-role.ts';
import { requiredGrants, requiredPermissions } from '../../../src/cluster/rbac/required-rules.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { rbacText, rbacYaml } from '../../../src/output/cluster/rbac-text.ts';

const configOf = (kubernetes: object = {}) => configSchema.parse({ kubernetes });
const all = configOf({ workloads: ['l3fwd', 'seawreck'] });

const verbsOf = (resource: string, config = all, options = {}) =>
  requiredPermissions(config, options)
    .filter((each) => each.resource === resource)
    .map(({ verb, namespace, name }) => [verb, name, namespace].filter((word) => word !== null).join(' '));

describe('requiredPermissions', () => {
  it.each(renderedKinds)('lets a deployer apply, find and remove each $kind', ({ apiVersion, kind, resource }) => {
    const verbs = verbsOf(resourceText({ apiVersion, resource })).map((text) => text.split(' ')[0]);
    const changes = kind === 'Namespace' ? ['patch'] : ['patch', 'create', 'delete'];
    expect(verbs).toEqual(expect.arrayContaining(['list', 'get', ...changes]));
  });

  it('asks for no object of the whole cluster that is not its own', () => {
    expect(verbsOf('clusterroles.rbac.authorization.k8s.io')).toEqual([
      'list',
      ...['get', 'patch', 'create', 'delete'].map((verb) => `${verb} vdpactl-multus`),
    ]);
    expect(verbsOf('secrets')).toEqual([]);
    expect(
      requiredPermissions(all).filter(({ verb }) => ['escalate', 'bind', 'impersonate', '*'].includes(verb)),
    ).toEqual([]);
  });

  it('has the rights that it passes on, and none of them where nothing is passed on', () => {
    expect(verbsOf('pods/status')).toEqual(['update']);
    expect(verbsOf('pods/status', configOf({ multus: 'present' }))).toEqual([]);
    expect(verbsOf('clusterroles.rbac.authorization.k8s.io', configOf({ multus: 'present' }))).toEqual(['list']);
  });

  it('makes and removes namespaces only where they are not there', () => {
    expect(verbsOf('namespaces').filter((verb) => /create|delete/.test(verb))).toEqual([]);
    const made = verbsOf('namespaces', all, { missingNamespaces: ['vdpactl-system', 'of-somebody-else'] });
    expect(made.filter((verb) => /create|delete/.test(verb))).toEqual([
      'create vdpactl-system',
      'delete vdpactl-system',
    ]);
  });

  it('names no right twice, also not as part of a wider one', () => {
    const asked = requiredPermissions(all);
    const covered = asked.filter((one) =>
      asked.some(
        (other) =>
          one !== other &&
          one.verb === other.verb &&
          one.resource === other.resource &&
          (other.namespace === null || other.namespace === one.namespace) &&
          (other.name === null || other.name === one.name),
      ),
    );
    expect(covered).toEqual([]);
  });
});

describe('deployerRole', () => {
  it('is a ClusterRole, and a Role in each namespace, which comes first and carries the mark of the stack', () => {
    const objects = deployerRole(all).map(({ kind, metadata }) => [kind, metadata.namespace, metadata.name].join(' '));
    const name = 'vdpactl-deployer-vdpactl-system';
    expect(objects).toEqual([
      'Namespace  vdpactl-system',
      'Namespace  vdpactl-workloads',
      `ClusterRole  ${name}`,
      `Role vdpactl-system ${name}`,
      `Role vdpactl-workloads ${name}`,
    ]);
    expect(deployerRole(all)[0]?.metadata.annotations).toEqual({ 'vdpactl.io/owner': 'vdpactl-system' });
  });

  it('binds each of them to whom it is for', () => {
    const subjects = [
      { kind: 'User', name: 'jane' },
      { kind: 'ServiceAccount', name: 'ci', namespace: 'pipelines' },
    ] as const;
    const bindings = deployerRole(all, subjects).filter(({ kind }) => kind.endsWith('Binding'));
    expect(bindings.map(({ kind }) => kind)).toEqual(['ClusterRoleBinding', 'RoleBinding', 'RoleBinding']);
    for (const binding of bindings) {
      expect(binding['subjects']).toEqual([
        { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' },
        { kind: 'ServiceAccount', name: 'ci', namespace: 'pipelines' },
      ]);
    }
  });

  it('leaves namespaces of Kubernetes alone', () => {
    const objects = deployerRole(configOf({ namespace: 'kube-system' }));
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).not.toContain('Namespace kube-system');
  });
});

describe('the rights in words', () => {
  it('say why each verb is needed', () => {
    const grants = requiredGrants(all);
    const text = rbacText(grants);
    for (const { verbs } of grants) for (const { why } of verbs) expect(text).toContain(why);
    expect(text).toMatch(/^in the whole cluster\n/);
    expect(text).toContain('\n\nin the namespace vdpactl-workloads\n');
    const yaml = rbacYaml(deployerRole(all), grants);
    expect(yaml.split('---\n')).toHaveLength(6);
    expect(yaml).toContain('#   nodes ');
  });
});
