// SPDX-License-Identifier: Apache-2.0
import type { Digest, Lines } from './digest.ts';
import type { PartRecord } from './parts.ts';

export interface SysdumpHeader {
  readonly context: string;
  readonly namespace: string;
  readonly version: string;
  readonly startedAt: string;
  readonly serverVersion: string;
}

/** The summary of a sysdump as one page: tables, no script, nothing that is fetched. Pure. */
export function indexHtml(header: SysdumpHeader, digest: Digest, parts: readonly PartRecord[]): string {
  const { nodes, pods, warnings, stack } = digest;
  const facts = [
    ['Context', header.context],
    ['Namespace', header.namespace],
    ['Stack', stack],
    ['Kubernetes', header.serverVersion || 'not known'],
    ['vdpactl', header.version],
    ['Taken', header.startedAt],
  ];
  const troubled = pods.shown.filter(({ ready, restarts }) => !ready || restarts > 0);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>vdpactl sysdump of ${escaped(header.context)}</title>
<style>${style}</style>
</head>
<body>
<h1>vdpactl sysdump</h1>
${table([], facts)}
<h2>What is in it</h2>
${table(['Part', 'Outcome', 'Files', 'Why'], parts.map(partRow))}
${parts.flatMap(gapsOf).join('\n')}
<h2>Nodes</h2>
${counted(nodes, table(['Node', 'Ready', 'Kubelet', 'Provider', 'vdpactl.io/vdpa'], nodes.shown.map(nodeRow)))}
<h2>Pods that are not ready, or were restarted</h2>
${counted(pods, table(['Pod', 'Node', 'Phase', 'Restarts', 'Why'], troubled.map(podRow)))}
<h2>Warnings</h2>
${counted(warnings, table(['Last', 'Object', 'Reason', 'Times', 'Message'], warnings.shown.map(eventRow)))}
</body>
</html>
`;
}

const style = `
body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem; max-width: 80rem; color: #1b1f24; background: #fff }
table { border-collapse: collapse; margin: .5rem 0 1.5rem }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #d8dee4; vertical-align: top }
td { overflow-wrap: anywhere }
.failed, .partial { color: #b42318 }
.skipped { color: #7a5600 }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117 }
  th, td { border-color: #30363d }
  .failed, .partial { color: #ff8a80 }
  .skipped { color: #e3b341 }
}
`;

type Cell = string | { readonly text: string; readonly tone: string };

function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return '<p>None.</p>';
  const head = heads.length === 0 ? '' : `<tr>${heads.map((text) => `<th>${escaped(text)}</th>`).join('')}</tr>\n`;
  return `<table>\n${head}${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}\n</table>`;
}

function cell(content: Cell): string {
  if (typeof content === 'string') return `<td>${escaped(content)}</td>`;
  return `<td class="${content.tone}">${escaped(content.text)}</td>`;
}

function counted<Line>({ shown, count }: Lines<Line>, text: string): string {
  return count > shown.length ? `<p>The first ${shown.length} of ${count}.</p>\n${text}` : text;
}

const partRow = ({ part, outcome, files, why }: PartRecord): Cell[] => [
  part,
  { text: outcome, tone: outcome },
  String(files),
  why ?? '',
];

/** Gaps shown of one part; index.json has them all. */
const shownGaps = 100;

function gapsOf({ part, gaps }: PartRecord): string[] {
  if (gaps.length === 0) return [];
  const rows = gaps
    .slice(0, shownGaps)
    .map(({ what, outcome, why }): Cell[] => [what, { text: outcome, tone: outcome }, why]);
  return [`<h3>Missing of ${escaped(part)}</h3>`, table(['What', 'Outcome', 'Why'], rows)];
}

const nodeRow = ({ name, ready, kubelet, provider, allocatable }: Digest['nodes']['shown'][number]): Cell[] => [
  name,
  { text: ready, tone: ready === 'True' ? 'saved' : 'failed' },
  kubelet,
  provider,
  allocatable,
];

const podRow = (pod: Digest['pods']['shown'][number]): Cell[] => [
  `${pod.namespace}/${pod.name}`,
  pod.node,
  pod.phase,
  String(pod.restarts),
  pod.message,
];

const eventRow = ({ at, object, reason, count, message }: Digest['warnings']['shown'][number]): Cell[] => [
  at,
  object,
  reason,
  String(count),
  message,
];

function escaped(text: string): string {
  return text
    .replace(/[^\P{Cc}\n\t]/gu, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
