// SPDX-License-Identifier: Apache-2.0
import { nearest } from '../../config/nearest.ts';
import { quoted } from '../../config/printable.ts';
import { deviceTypes } from '../../templates/kubernetes/device-plugin/selectors.ts';
import { type Check, type Finding, fail, orPass, skip } from '../check.ts';
import { allPools, type Pool } from '../manifests/pools.ts';
import { counted } from '../node-words.ts';

/** Selectors that are lists of texts, in lower case as the plugin compares them. */
const listSelectors: Readonly<Record<string, (value: string) => string | null>> = {
  vendors: pciId,
  devices: pciId,
  drivers: driverName,
  pciaddresses: pciAddress,
  acpiindexes: () => null,
  pfnames: virtualFunctionRange,
  rootdevices: (value) => pciAddress(value.split('#', 1)[0] ?? '') ?? virtualFunctionRange(value),
  linktypes: () => null,
  ddpprofiles: () => null,
  pkeys: () => null,
  auxtypes: () => null,
};

/** Modules whose drivers are spelled otherwise. */
const driverNames: Readonly<Record<string, string>> = {
  vfio_pci: 'vfio-pci',
  virtio_pci: 'virtio-pci',
  vp_vdpa: 'vp-vdpa',
  eni_vdpa: 'alibaba-eni-vdpa',
  'igb-uio': 'igb_uio',
  'uio-pci-generic': 'uio_pci_generic',
  'mlx5-core': 'mlx5_core',
};

export const poolValueChecks: readonly Check[] = [
  {
    id: 'VDPA-POOL-009',
    category: 'pools',
    title: 'selectors can select something',
    scope: 'manifests',
    pre: true,
    about: [
      'The device plugin compares texts exactly: ids are four lower-case hex digits without `0x`, PCI addresses have their domain (`0000:65:00.2`), drivers are named as below `/sys/bus/pci/drivers` (`vfio-pci`, though the module is `vfio_pci`). Another spelling selects nothing. A selector that is no list of texts makes the plugin drop the whole pool, with a warning in its log; an unknown `deviceType` ends it.',
      'By hand: copy the values from `lspci -D -nnk`.',
    ],
    judge({ manifests }) {
      const pools = allPools(manifests);
      if (pools.length === 0) return skip('no config of the SR-IOV device plugin is among the manifests');
      return orPass(pools.flatMap(judgePool), counted(pools.length, 'pool'), needed);
    },
  },
];

const needed = 'values as the kernel has them';

function judgePool(pool: Pool): readonly Finding[] {
  const findings: Finding[] = [];
  if (pool.deviceType === null) {
    const given = String(pool.value['deviceType']);
    const near = nearest(given, deviceTypes);
    const hint = near === null ? `the types are: ${deviceTypes.join(', ')}` : `write ${near}`;
    findings.push(
      fail(`${pool.resource}: ${quoted(given)} is no deviceType`, needed, hint, pool.where(['deviceType'])),
    );
  }
  for (const { value, path } of pool.selectors) {
    for (const [key, entry] of Object.entries(value)) {
      const judge = listSelectors[key.toLowerCase()];
      if (judge === undefined) continue;
      const at = (...inner: number[]) => pool.where([...path.slice(pool.path.length), key, ...inner]);
      if (!Array.isArray(entry)) {
        findings.push(fail(`${pool.resource}: ${key} is no list`, needed, 'write a list of texts: ["…"]', at()));
        continue;
      }
      for (const [index, item] of entry.entries()) {
        const hint = typeof item === 'string' ? judge(item) : 'put it into quotes';
        if (hint === null) continue;
        const shown = quoted(typeof item === 'string' ? item : (JSON.stringify(item) ?? ''));
        findings.push(fail(`${pool.resource}: ${shown} in ${key} selects nothing`, needed, hint, at(index)));
      }
    }
  }
  return findings;
}

/** What to write in place of a value that selects nothing; null: it is fine. */
function pciId(value: string): string | null {
  if (/^[0-9a-f]{4}$/.test(value)) return null;
  const plain = value.replace(/^0x/i, '').toLowerCase().padStart(4, '0');
  return /^[0-9a-f]{4}$/.test(plain) ? `write ${plain}` : 'write four lower-case hex digits';
}

function pciAddress(value: string): string | null {
  if (/^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/.test(value)) return null;
  const full = `0000:${value}`.toLowerCase();
  if (/^0000:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/.test(full)) return `write ${full}`;
  const lower = value.toLowerCase();
  return /^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/.test(lower) ? `write ${lower}` : 'write it as 0000:65:00.2';
}

function driverName(value: string): string | null {
  const right = driverNames[value];
  return right === undefined ? null : `write ${right}`;
}

/** `ens1f0`, `ens1f0#0,2-7`. */
function virtualFunctionRange(value: string): string | null {
  return /^[^#]+(?:#\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)?$/.test(value) ? null : 'write ranges as name#0,2-7';
}
