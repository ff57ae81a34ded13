// SPDX-License-Identifier: Apache-2.0
import type { Evidence, Nic, NodeFacts, NodeReport } from '../platform/node-report.ts';
import type { Decision } from '../providers/decision.ts';
import { printable, textTable } from './text-table.ts';

/** What a backend costs, said wherever it is shown. */
const copies: Readonly<Record<Decision['backend'], string>> = {
  'dpdk-vdpa': 'no packet copy',
  'vhost-vdpa': 'no packet copy',
  testpmd: 'adds one packet copy each way',
};

/** A node report and the decision on it, as a person reads them. */
export function detectText(
  report: NodeReport,
  decision: Decision,
  bold: (text: string) => string = (text) => text,
): string {
  const sections: (readonly [title: string, lines: readonly string[]])[] = [
    ['Node', nodeLines(report.node, report.evidence)],
    ['NICs', report.nics.length === 0 ? ['no network controller on PCI'] : nicLines(report.nics)],
    ['Decision', decisionLines(decision)],
    ['Rejected', textTable(decision.rejected.map(({ what, why }) => [what, why]))],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${bold(title)}\n${lines.map((line) => `  ${printable(line)}\n`).join('')}`)
    .join('\n');
}

function nodeLines(node: NodeFacts, evidence: readonly Evidence[]): string[] {
  const { sysVendor, productName } = node.dmi;
  const firmware = [sysVendor, productName].filter((field) => field !== null).join(' ');
  const hints = evidence.filter(({ claim }) => claim === 'cloud, by firmware').map(({ value }) => value);
  return textTable([
    ['name', `${node.name ?? 'unknown'} (Linux ${node.kernel ?? 'unknown'}, ${node.arch ?? 'unknown architecture'})`],
    ['firmware', firmware === '' ? 'says nothing' : firmware],
    ...(node.cloud === null
      ? hints.map((hint) => ['cloud', `${hint}, by its firmware; the metadata service was not asked`])
      : [['cloud', `${node.cloud.name} ${node.cloud.instanceType ?? ''} ${node.cloud.zone ?? ''}`.trimEnd()]]),
    ['cpus', cpuText(node.cpus)],
    ['hugepages', hugepageText(node.hugepages)],
    ['iommu', node.iommu.enabled ? `on, ${node.iommu.groups} groups` : 'off'],
    ...moduleRows(node.modules),
  ]);
}

function cpuText({ online, isolated, numaNodes }: NodeFacts['cpus']): string {
  const kept = isolated.length === 0 ? 'none isolated' : `isolated ${ranges(isolated)}`;
  const running = online.length === 0 ? 'unknown' : `${online.length} online (${ranges(online)})`;
  return `${running}, ${kept}, ${numaNodes} NUMA ${numaNodes === 1 ? 'node' : 'nodes'}`;
}

/** Ascending numbers in the kernel's list format, `0-3,8`. */
function ranges(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

function hugepageText(pools: NodeFacts['hugepages']): string {
  const set = pools.filter(({ total }) => total > 0);
  if (set.length === 0) return 'none set aside';
  return set
    .map(({ sizeKiB, numaNode, total, free }) => {
      const place = numaNode === null ? '' : ` on NUMA node ${numaNode}`;
      return `${total} of ${sizeText(sizeKiB)}${place}, ${free} free`;
    })
    .join('; ');
}

function sizeText(kib: number): string {
  if (kib % (1024 * 1024) === 0) return `${kib / 1024 / 1024} GiB`;
  return kib % 1024 === 0 ? `${kib / 1024} MiB` : `${kib} KiB`;
}

/** Missing modules are the rule and would bury the others; the JSON has them. */
function moduleRows(modules: NodeFacts['modules']): string[][] {
  const states = [
    ['loaded', 'loaded'],
    ['builtin', 'built in'],
    ['available', 'can be loaded'],
  ] as const;
  const parts = states.flatMap(([state, words]) => {
    const names = Object.keys(modules).filter((name) => modules[name] === state);
    return names.length === 0 ? [] : [`${words}: ${names.join(' ')}`];
  });
  return parts.length === 0
    ? [['modules', 'none of those that matter']]
    : parts.map((part, at) => [at === 0 ? 'modules' : '', part]);
}

function nicLines(nics: readonly Nic[]): string[] {
  const header = ['PCI address', 'ids', 'driver', 'interfaces', 'kind', 'uplink', ''];
  const rows = nics.map((nic) => [
    nic.pciAddress,
    `${nic.vendor}:${nic.device}`,
    nic.driver ?? '-',
    nic.netdevs.length === 0 ? '-' : nic.netdevs.join(' '),
    nic.kind,
    nic.uplink ? 'yes' : 'no',
    nicRemarks(nic),
  ]);
  const [head = '', ...lines] = textTable([header, ...rows]);
  return [
    head,
    ...lines.flatMap((line, at) => [line, ...(nics[at]?.uplinkReasons ?? []).map((reason) => `    ${reason}`)]),
  ];
}

function nicRemarks({ sriov, vdpa, numaNode, iommuGroup }: Nic): string {
  const remarks = [
    numaNode === null ? null : `NUMA node ${numaNode}`,
    iommuGroup === null ? null : `IOMMU group ${iommuGroup}`,
    sriov?.isVf === true ? `VF of ${sriov.pf ?? 'an unknown PF'}` : null,
    sriov !== null && !sriov.isVf ? `${sriov.numVfs} of ${sriov.totalVfs} VFs` : null,
    vdpa === null ? null : `vDPA device ${vdpa.name}${vdpa.path === null ? '' : ` at ${vdpa.path}`}`,
  ];
  return remarks.filter((remark) => remark !== null).join(', ');
}

function decisionLines(decision: Decision): string[] {
  return [
    `provider ${decision.provider}`,
    `backend ${decision.backend} (${copies[decision.backend]})`,
    ...decision.overridden.map((choice) => `set by you: ${choice}`),
    ...decision.conflicts.map((conflict) => `conflict: ${conflict}`),
    ...decision.devices.map(({ pciAddress, driver, why }) => {
      return `device ${pciAddress}${driver === null ? '' : `, driver ${driver}`}: ${why}`;
    }),
    ...decision.evidence.map(
      ({ claim, source, value }) => `because ${claim}${value === null ? '' : ` is ${value}`} (${source})`,
    ),
  ];
}
