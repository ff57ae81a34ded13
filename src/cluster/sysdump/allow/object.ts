// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util';
import { isRecord, valueAt } from '../../../config/plain-data.ts';
import type { Json } from '../../../templates/kubernetes/kubernetes-object.ts';
import { conditions, labels, metadata, selector } from './metadata.ts';
import { pick, type Shape } from './pick.ts';
import { asMap, podSpec } from './pod.ts';

const template: Shape = { metadata: { labels, annotations: metadataOf('annotations') }, spec: podSpec };

/** What is taken of each kind that a stack has. Of a kind that is not here, which one it is and nothing else. */
const shapes: Readonly<Record<string, { readonly [key: string]: Shape }>> = {
  Namespace: { status: { phase: true, conditions } },
  ServiceAccount: { automountServiceAccountToken: true },
  ConfigMap: {},
  NetworkAttachmentDefinition: {},
  ClusterRole: { rules: [{ apiGroups: [true], resources: [true], verbs: [true] }] },
  ClusterRoleBinding: {
    roleRef: { kind: true, name: true },
    subjects: [{ kind: true, name: true, namespace: true }],
  },
  CustomResourceDefinition: {
    spec: {
      group: true,
      scope: true,
      names: { kind: true, plural: true },
      versions: [{ name: true, served: true, storage: true }],
    },
    status: { conditions, storedVersions: [true] },
  },
  DaemonSet: {
    spec: {
      selector,
      updateStrategy: { type: true, rollingUpdate: { maxUnavailable: true, maxSurge: true } },
      template,
    },
    status: {
      observedGeneration: true,
      currentNumberScheduled: true,
      desiredNumberScheduled: true,
      updatedNumberScheduled: true,
      numberAvailable: true,
      numberUnavailable: true,
      numberMisscheduled: true,
      numberReady: true,
      conditions,
    },
  },
  Deployment: {
    spec: { replicas: true, selector, strategy: { type: true }, template },
    status: {
      observedGeneration: true,
      replicas: true,
      readyReplicas: true,
      updatedReplicas: true,
      availableReplicas: true,
      unavailableReplicas: true,
      conditions,
    },
  },
  CronJob: {
    spec: { suspend: true, schedule: true, concurrencyPolicy: true },
    status: { lastScheduleTime: true, lastSuccessfulTime: true },
  },
  Lease: {
    spec: {
      holderIdentity: true,
      leaseDurationSeconds: true,
      acquireTime: true,
      renewTime: true,
      leaseTransitions: true,
    },
  },
};

function metadataOf(key: 'annotations'): Shape {
  const shape = metadata;
  return typeof shape === 'object' && !Array.isArray(shape) ? ((shape as Record<string, Shape>)[key] ?? {}) : {};
}

/** Where the settings of these kinds are: shown only where they are what vdpactl rendered. */
const settings: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ['data'],
  NetworkAttachmentDefinition: ['spec'],
};

/**
 * An object of the stack as a sysdump has it. `rendered` is the same one as it was deployed, null where that is not known: of
 * settings, what differs from it is named and not shown. Of a Secret nothing but its name is taken. Pure.
 */
export function allowedObject(kind: string, object: unknown, rendered: unknown): Json {
  const common = { kind, ...asMap(pick(object, { metadata })) };
  const shape = shapes[kind];
  if (shape === undefined) return { ...common, leftOut: 'vdpactl knows nothing of this kind that is safe to show' };
  const [at] = settings[kind] ?? [];
  return {
    ...common,
    ...asMap(pick(object, shape)),
    ...(at === undefined ? {} : { [at]: asRendered(valueAt(object, [at]), valueAt(rendered, [at])) }),
  };
}

/** Each setting, or how long it is where it is not what was rendered. */
function asRendered(values: unknown, rendered: unknown): Json {
  if (!isRecord(values)) return null;
  const shown = Object.entries(values).map(([key, value]): [string, Json] => {
    const isOurs = isRecord(rendered) && Object.hasOwn(rendered, key) && isDeepStrictEqual(value, rendered[key]);
    if (isOurs && typeof value === 'string') return [key, value];
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
    return [key, { leftOut: 'not what vdpactl rendered', bytes: Buffer.byteLength(text) }];
  });
  return Object.fromEntries(shown);
}
