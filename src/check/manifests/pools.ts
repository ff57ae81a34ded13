// SPDX-License-Identifier: Apache-2.0
import { isRecord } from '../../config/plain-data.ts';
import {
  type DeviceType,
  deviceTypes,
  knownSelectorKeys,
  type NetDeviceSelectors,
} from '../../templates/kubernetes/device-plugin/selectors.ts';
import type { EmbeddedJson, ManifestObject, ParsedManifests } from './parsed-manifests.ts';
import { commandLine, podsIn } from './pods.ts';
import { listAt, type Path, recordAt, textAt } from './values.ts';

/** One `config.json` of the SR-IOV network device plugin. */
export interface PluginConfig {
  readonly object: ManifestObject;
  readonly key: string;
  readonly json: EmbeddedJson;
  readonly pools: readonly Pool[];
}

/** An entry of its `resourceList`. */
export interface Pool {
  /** With its prefix, as a pod asks for it: `intel.com/vdpa`. */
  readonly resource: string;
  readonly resourceName: string | null;
  readonly prefix: string;
  readonly deviceType: DeviceType | null;
  readonly value: Readonly<Record<string, unknown>>;
  /** Each set of selectors with its path below the config. */
  readonly selectors: readonly { readonly value: Readonly<Record<string, unknown>>; readonly path: Path }[];
  readonly path: Path;
  where(path: Path): string;
}

/** Every config of the device plugin among the manifests: those named as upstream does, and what holds a resourceList. */
export function pluginConfigs(manifests: ParsedManifests): readonly PluginConfig[] {
  const prefix = defaultPrefix(manifests);
  return manifests.objects
    .filter(({ kind }) => kind === 'ConfigMap')
    .flatMap((object) =>
      Object.entries(recordAt(object.value, ['data'])).flatMap(([key, text]): PluginConfig[] => {
        if (typeof text !== 'string' || !/"?resourceList"?\s*:/i.test(text)) return [];
        const json = object.json(['data', key]);
        return json === null ? [] : [{ object, key, json, pools: poolsIn(json, prefix) }];
      }),
    );
}

export function allPools(manifests: ParsedManifests): readonly Pool[] {
  return pluginConfigs(manifests).flatMap(({ pools }) => pools);
}

/** What the plugin puts before names without a prefix of their own: its argument, where a manifest has it. */
function defaultPrefix(manifests: ParsedManifests): string {
  const lines = podsIn(manifests).flatMap(({ containers }) =>
    containers.map(({ value }) => commandLine(value).join(' ')),
  );
  const given = lines.flatMap((line) => /(?:^|\s)--resource-prefix[= ](\S+)/.exec(line)?.[1] ?? []);
  return given[0] ?? 'intel.com';
}

function poolsIn(json: EmbeddedJson, defaultPrefix: string): readonly Pool[] {
  return listAt(json.value, ['resourceList']).flatMap((value, index): Pool[] => {
    if (!isRecord(value)) return [];
    const path: Path = ['resourceList', index];
    const resourceName = textAt(value, ['resourceName']);
    const prefix = textAt(value, ['resourcePrefix']) || defaultPrefix;
    const deviceType = textAt(value, ['deviceType']) || 'netDevice';
    return [
      {
        resource: `${prefix}/${resourceName ?? ''}`,
        resourceName,
        prefix,
        deviceType: deviceTypes.find((known) => known === deviceType) ?? null,
        value,
        selectors: selectorSets(value['selectors'], [...path, 'selectors']),
        path,
        where: (inner) => json.where([...path, ...inner]),
      },
    ];
  });
}

function selectorSets(selectors: unknown, path: Path): Pool['selectors'] {
  if (isRecord(selectors)) return [{ value: selectors, path }];
  if (!Array.isArray(selectors)) return [];
  return selectors.flatMap((value: unknown, index) => (isRecord(value) ? [{ value, path: [...path, index] }] : []));
}

/** The selectors of a pool of network functions, as the plugin understands them: keys in any case, lists of texts. */
export function netDeviceSelectors(pool: Pool): readonly NetDeviceSelectors[] {
  if (pool.deviceType !== 'netDevice') return [];
  return pool.selectors.map(({ value }) => {
    const known: Record<string, unknown> = {};
    for (const [key, entry] of Object.entries(value)) {
      const name = knownSelectorKeys.netDevice.find((candidate) => candidate.toLowerCase() === key.toLowerCase());
      if (name !== undefined) known[name] = entry;
    }
    const texts = (key: string) => ({
      [key]: Array.isArray(known[key]) ? known[key].filter((item) => typeof item === 'string') : [],
    });
    return {
      ...texts('vendors'),
      ...texts('devices'),
      ...texts('drivers'),
      ...texts('pciAddresses'),
      ...texts('pfNames'),
      ...texts('rootDevices'),
      ...texts('linkTypes'),
      ...texts('acpiIndexes'),
      ...texts('ddpProfiles'),
      ...texts('pKeys'),
      ...(typeof known['vdpaType'] === 'string' ? { vdpaType: known['vdpaType'] } : {}),
      ...(known['isRdma'] === true ? { isRdma: true } : {}),
    };
  });
}
