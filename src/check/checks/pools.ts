// SPDX-License-Identifier: Apache-2.0

import { nearest } from '../../config/nearest.ts';
import { isRecord } from '../../config/plain-data.ts';
import { quoted } from '../../config/printable.ts';
import { knownPoolKeys, knownSelectorKeys } from '../../templates/kubernetes/device-plugin/selectors.ts';
import { type Check, type Finding, fail, orPass, skip, warn } from '../check.ts';
import type { ManifestFacts } from '../facts.ts';
import { allPools, type Pool, pluginConfigs } from '../manifests/pools.ts';
import { counted } from '../node-words.ts';

const resourceNamePattern = /^[a-zA-Z0-9_-]+$/;
const noPlugin = 'no config of the SR-IOV device plugin is among the manifests';

/** What each pool is judged by, one after the other. */
function eachPool(facts: ManifestFacts, needed: string, judge: (pool: Pool) => readonly Finding[]): readonly Finding[] {
  const pools = allPools(facts.manifests);
  if (pools.length === 0) return [skip(noPlugin)];
  return orPass(pools.flatMap(judge), counted(pools.length, 'pool'), needed);
}

export const poolChecks: readonly Check[] = [
  {
    id: 'VDPA-POOL-001',
    category: 'pools',
    title: "the device plugin's config is valid",
    scope: 'manifests',
    pre: true,
    about: [
      'The SR-IOV network device plugin reads `config.json` from a ConfigMap. What is not JSON ends it at its start, and no resource appears on any node. JSON has neither comments nor commas at the end of a list.',
      'By hand:',
      '```sh\nkubectl get configmap sriovdp-config -n kube-system -o jsonpath="{.data.config\\.json}" | jq .\n```',
    ],
    judge({ manifests }) {
      const configs = pluginConfigs(manifests);
      if (configs.length === 0) return skip(noPlugin);
      const needed = 'JSON with a resourceList';
      const findings = configs.flatMap(({ json, key, object }) => {
        const what = `${object.name ?? 'ConfigMap'}, ${key}`;
        if (json.problem !== null)
          return [
            fail(`${what}: ${json.problem}`, needed, 'correct the JSON; jq shows where it breaks', json.where([])),
          ];
        const list = isRecord(json.value) ? json.value['resourceList'] : undefined;
        if (!Array.isArray(list) || list.length === 0)
          return [fail(`${what}: no pool`, needed, 'give it a resourceList with at least one pool', json.where([]))];
        return list.flatMap((entry: unknown, index) =>
          isRecord(entry)
            ? []
            : [
                fail(
                  `${what}: a pool that is no object`,
                  needed,
                  'write it as { … }',
                  json.where(['resourceList', index]),
                ),
              ],
        );
      });
      return orPass(findings, counted(configs.length, 'config'), needed);
    },
  },
  {
    id: 'VDPA-POOL-002',
    category: 'pools',
    title: 'every key of a pool is known',
    scope: 'manifests',
    pre: true,
    about: [
      'The device plugin ignores keys that it does not know, without a word. A misspelt selector therefore selects nothing away: the pool becomes wider, up to every NIC of the node. Keys are compared with those of the device type of the pool (`netDevice` where none is set); upper and lower case do not count.',
      'By hand: correct the key. The hint has the nearest one.',
    ],
    judge: (facts) =>
      eachPool(facts, 'keys that the device plugin knows', (pool) => [
        ...unknownKeys(pool.value, knownPoolKeys).map((key) =>
          fail(
            `${pool.resource}: ${quoted(key)} is no key of a pool`,
            'keys that the device plugin knows',
            correction(key, knownPoolKeys),
            pool.where([key]),
          ),
        ),
        ...pool.selectors.flatMap(({ value, path }) => {
          const known = knownSelectorKeys[pool.deviceType ?? 'netDevice'];
          return unknownKeys(value, known).map((key) =>
            fail(
              `${pool.resource}: ${quoted(key)} is no selector of ${pool.deviceType ?? 'netDevice'}, and is ignored: the pool is wider than it looks`,
              'keys that the device plugin knows',
              correction(key, known),
              pool.where([...path.slice(pool.path.length), key]),
            ),
          );
        }),
      ]),
  },
  {
    id: 'VDPA-POOL-003',
    category: 'pools',
    title: 'every pool has selectors',
    scope: 'manifests',
    pre: true,
    about: [
      'Without `selectors` the device plugin ends with a fault of its own (a nil pointer), although they are documented as optional. With empty ones a pool takes every network function of the node.',
      'By hand: name at least vendors, devices and drivers.',
    ],
    judge: (facts) =>
      eachPool(facts, 'selectors that name something', (pool) => {
        const needed = 'selectors that name something';
        const hint = 'name vendors, devices and drivers';
        if (pool.value['selectors'] === undefined || pool.value['selectors'] === null)
          return [
            fail(`${pool.resource}: none; the device plugin does not survive that`, needed, hint, pool.where([])),
          ];
        const at = pool.where(['selectors']);
        if (pool.selectors.length === 0) return [fail(`${pool.resource}: no object`, needed, hint, at)];
        return pool.selectors.some(({ value }) => Object.keys(value).length === 0)
          ? [fail(`${pool.resource}: empty, so that it takes every network function`, needed, hint, at)]
          : [];
      }),
  },
  {
    id: 'VDPA-POOL-004',
    category: 'pools',
    title: 'resources have valid names of their own',
    scope: 'manifests',
    pre: true,
    about: [
      'A resource name is made of letters, digits, `_` and `-`; the device plugin ends with any other, and with one that is there twice in a config. A hyphen is taken, but the container then gets an environment variable (`PCIDEVICE_…`) that no shell can read.',
      'By hand: rename it, in the pool, in the network and in the pods.',
    ],
    judge({ manifests }) {
      const configs = pluginConfigs(manifests);
      const pools = configs.flatMap((config) => config.pools);
      if (pools.length === 0) return skip(noPlugin);
      const needed = 'letters, digits and _, each name once';
      const findings = configs.flatMap((config) =>
        config.pools.flatMap((pool, index): Finding[] => {
          const name = pool.resourceName;
          const at = pool.where(['resourceName']);
          if (name === null || !resourceNamePattern.test(name)) {
            const found = name === null ? 'a pool without resourceName' : `${quoted(name)} is no resource name`;
            return [fail(found, needed, 'use letters, digits and _ only; a prefix goes into resourcePrefix', at)];
          }
          if (config.pools.findIndex((other) => other.resource === pool.resource) < index)
            return [
              fail(`${pool.resource} is there twice`, needed, 'make one pool of them, with a list of selectors', at),
            ];
          if (!name.includes('-')) return [];
          const variable = `PCIDEVICE_${pool.resource.replaceAll(/[./]/g, '_').toUpperCase()}`;
          return [warn(`${name}: no shell can read ${variable}`, needed, 'use _ in place of -', at)];
        }),
      );
      return orPass(findings, counted(pools.length, 'name'), needed);
    },
  },
  {
    id: 'VDPA-POOL-005',
    category: 'pools',
    title: 'selectors of a pool go together',
    scope: 'manifests',
    pre: true,
    about: [
      'The device plugin refuses `isRdma` together with `vdpaType`, and so refuses its whole config. `vdpaType` is a selector of `netDevice` alone; for `auxNetDevice` (subfunctions) it is ignored. Its value is `vhost` or `virtio`.',
      'By hand: make a pool for each.',
    ],
    judge: (facts) =>
      eachPool(facts, 'selectors that go together', (pool) =>
        pool.selectors.flatMap(({ value, path }): Finding[] => {
          const vdpaType = value['vdpaType'];
          if (vdpaType === undefined) return [];
          const needed = 'selectors that go together';
          const at = pool.where([...path.slice(pool.path.length), 'vdpaType']);
          if (value['isRdma'] === true) {
            const found = `${pool.resource}: isRdma with vdpaType; the device plugin refuses the config`;
            return [fail(found, needed, 'take one of them out, or make two pools', at)];
          }
          if (pool.deviceType !== 'netDevice') {
            const found = `${pool.resource}: vdpaType with deviceType ${String(pool.value['deviceType'])}`;
            return [fail(found, needed, 'leave deviceType out: vDPA devices of subfunctions cannot be given away', at)];
          }
          if (vdpaType === 'vhost' || vdpaType === 'virtio') return [];
          const found = `${pool.resource}: vdpaType is ${quoted(String(vdpaType))}`;
          return [fail(found, needed, 'use vhost (for /dev/vhost-vdpa-N) or virtio (for an interface)', at)];
        }),
      ),
  },
];

function unknownKeys(value: Readonly<Record<string, unknown>>, known: readonly string[]): readonly string[] {
  const names = new Set(known.map((key) => key.toLowerCase()));
  return Object.keys(value).filter((key) => !names.has(key.toLowerCase()));
}

function correction(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return near === null ? `the keys are: ${known.join(', ')}` : `write ${near}`;
}
