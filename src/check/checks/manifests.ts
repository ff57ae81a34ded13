// SPDX-License-Identifier: Apache-2.0
import { type Check, type Finding, fail, orPass, skip, warn } from '../check.ts';
import { podsIn } from '../manifests/pods.ts';
import { below, textAt } from '../manifests/values.ts';
import { counted, listed } from '../node-words.ts';

const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'] as const;
const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'] as const;
const noPod = 'no pod is among the manifests';

export const manifestChecks: readonly Check[] = [
  {
    id: 'VDPA-MANIFEST-001',
    category: 'manifests',
    title: 'the manifests can be read',
    scope: 'manifests',
    pre: true,
    about: [
      'Each document has to be YAML or JSON with a `kind`. Templates (Helm, Kustomize patches with variables) are to be rendered first. What cannot be read is left out of all other checks.',
      'By hand:',
      '```sh\nhelm template my-release ./my-chart | vdpactl check -f -\n```',
    ],
    judge({ manifests: { objects, problems } }) {
      const needed = 'YAML or JSON, each document with a kind';
      const nameless = objects.filter(({ kind }) => kind === null);
      const findings = [
        ...problems.map(({ where, message }) => fail(message, needed, 'correct this; render templates first', where)),
        ...nameless.map((object) =>
          fail('an object without a kind', needed, 'add apiVersion and kind', object.where([])),
        ),
      ];
      if (findings.length === 0 && objects.length === 0) return fail('no object', needed, 'give it manifests');
      return orPass(findings, counted(objects.length, 'object'), needed);
    },
  },
  {
    id: 'VDPA-MANIFEST-002',
    category: 'manifests',
    title: 'images have an exact version',
    scope: 'manifests',
    pre: true,
    about: [
      'An image without a tag, or with `latest`, is another one tomorrow, and on each node the one that was there first. A demo that nothing was pinned in cannot be repeated, and a number cannot be compared.',
      'By hand: use a version tag, or better a digest (`image@sha256:…`).',
    ],
    judge({ manifests }) {
      const pods = podsIn(manifests);
      if (pods.length === 0) return skip(noPod);
      const needed = 'a version or a digest';
      const findings = pods.flatMap((pod) =>
        pod.containers.flatMap(({ value, path, name }): Finding[] => {
          const image = textAt(value, ['image']);
          if (image === null || isPinned(image)) return [];
          const hint = 'name a version or a digest';
          return [warn(`${pod.label}: ${name} has ${image}`, needed, hint, pod.where([...path, 'image']))];
        }),
      );
      return orPass(findings, counted(pods.length, 'pod'), needed);
    },
  },
  {
    id: 'VDPA-MANIFEST-003',
    category: 'manifests',
    title: 'probes say what to ask',
    scope: 'manifests',
    pre: true,
    about: [
      'A `startupProbe`, `livenessProbe` or `readinessProbe` has exactly one of `exec`, `httpGet`, `tcpSocket` and `grpc`. The API server refuses a pod that has a probe without; the DaemonSet of the demo of 2019 has such a `startupProbe`.',
      'By hand: add the handler, or take the probe out.',
    ],
    judge({ manifests }) {
      const pods = podsIn(manifests);
      if (pods.length === 0) return skip(noPod);
      const needed = `exactly one of ${handlers.join(', ')}`;
      const findings = pods.flatMap((pod) =>
        pod.containers.flatMap(({ value, path, name }) =>
          probes.flatMap((probe): Finding[] => {
            const content = below(value, [probe]);
            if (content === undefined) return [];
            const has = handlers.filter((handler) => below(content, [handler]) !== undefined);
            if (has.length === 1) return [];
            const found = `${pod.label}: the ${probe} of ${name} has ${has.length === 0 ? 'no handler' : listed(has)}`;
            return [fail(found, needed, 'add one handler, or take the probe out', pod.where([...path, probe]))];
          }),
        ),
      );
      return orPass(findings, counted(pods.length, 'pod'), needed);
    },
  },
];

/** A tag that is not `latest`, or a digest. A colon before the last slash belongs to a port. */
function isPinned(image: string): boolean {
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return true;
  const tag = /:([\w][\w.-]*)$/.exec(image.slice(image.lastIndexOf('/') + 1))?.[1];
  return tag !== undefined && tag !== 'latest';
}
