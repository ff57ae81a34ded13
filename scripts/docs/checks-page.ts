// SPDX-License-Identifier: Apache-2.0
import type { Check, CheckScope } from '../../src/check/check.ts';
import { checks } from '../../src/check/checks.ts';
import { code, generatedFrom, table } from './markdown.ts';

/** Columns of the page, as of those that are written by hand. */
const width = 120;

const intro = `# Checks

\`vdpactl check\` runs these in this order. Each ends in one of four levels:

- **pass**
- **warn**: everything works, but not as well, or not as safely, as it could. Exit 1 only with \`--threshold warn\`.
- **fail**: something will not work. Exit 1. Where the id is also an [error code](troubleshooting.md), \`vdpactl deploy\` would
  stop with that error.
- **skip**: does not apply here, or was not asked for.

What is checked is a matter of what is asked:

| command | checks |
| --- | --- |
| \`vdpactl check\` | this machine. Where the provider is local: what a deployment *and* a benchmark need here (\`deploy\` alone needs less: no compiler, and huge pages for the backends only). Otherwise: this machine as a node of a cluster |
| \`vdpactl check --root ./captured-node\` | a captured node |
| \`vdpactl check -f ./manifests\` | Kubernetes manifests, vdpactl's or your own, without a cluster; with \`--root\` also against that node |
| \`vdpactl check --pre\` | of these, only what has to hold before anything is installed |

\`--only\` and \`--skip\` choose checks by id, \`--ignore\` turns the failure of a check into a warning. All take a list with
commas. With \`-o json\` each row has \`id\`, \`node\`, \`category\`, \`title\`, \`level\`, \`found\`, \`needed\`, \`hint\`, \`where\`, \`data\` and
\`doc\`. A check that finds several things has a row for each. \`data\` holds numbers and names for programs, or null.
`;

const about: Readonly<Record<CheckScope, string>> = {
  machine: 'the stack of this machine',
  node: 'each node',
  manifests: 'manifests',
  cluster: 'a cluster',
};

/** docs/checks.md: every check, what it is, why, and what to do by hand. */
export function checksPage(): string {
  const rows = checks.map((check) => [
    `[${check.id}](#${check.id.toLowerCase()})`,
    check.title,
    about[check.scope],
    check.pre ? 'yes' : '',
  ]);
  return [
    generatedFrom('src/check/checks'),
    intro,
    table(['check', 'what has to hold', 'of', code('--pre')], rows),
    ...checks.map(section),
  ].join('\n');
}

function section({ id, title, about: paragraphs }: Check): string {
  return [`## ${id}`, `**${title}**`, ...paragraphs.map(wrapped)].map((part) => `${part}\n`).join('\n');
}

/** Broken at spaces, never within code or the target of a link: a code span that is broken is none for some readers. */
function wrapped(paragraph: string): string {
  if (paragraph.startsWith('```')) return paragraph;
  const words = paragraph.match(/(?:`[^`]*`|[^\s`])+/g) ?? [];
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join('\n');
}
