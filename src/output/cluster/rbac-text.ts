// SPDX-License-Identifier: Apache-2.0
import type { Grant } from '../../cluster/rbac/grant.ts';
import type { KubernetesObject } from '../../templates/kubernetes/kubernetes-object.ts';
import { objectYaml } from '../manifests/manifest-yaml.ts';
import { textTable } from '../text-table.ts';

/** What a deployer has to be allowed, place by place, each verb with why. */
export function rbacText(grants: readonly Grant[]): string {
  const places = [...new Set(grants.map(({ namespace }) => namespace))];
  const blocks = places.map((place) => {
    const rows = grants
      .filter(({ namespace }) => namespace === place)
      .flatMap((grant) => grant.verbs.map(({ verb, why }, index) => ['', index === 0 ? what(grant) : '', verb, why]));
    return [place === null ? 'in the whole cluster' : `in the namespace ${place}`, ...textTable(rows)].join('\n');
  });
  return `${blocks.join('\n\n')}\n`;
}

function what({ group, resource, names }: Grant): string {
  const kind = group === '' ? resource : `${resource}.${group}`;
  return names === null ? kind : `${kind} ${names.join(', ')}`;
}

/** The same as objects for `kubectl apply -f`, with why in comments. */
export function rbacYaml(objects: readonly KubernetesObject[], grants: readonly Grant[]): string {
  const why = rbacText(grants).trimEnd().split('\n');
  const header = ['The least rights that vdpactl needs to run a stack of this config, and what for:', '', ...why];
  const comment = header.map((line) => `# ${line}`.trimEnd()).join('\n');
  return `${comment}\n${objects.map((object) => `---\n${objectYaml(object)}`).join('')}`;
}
