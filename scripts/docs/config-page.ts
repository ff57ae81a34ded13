// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { expectation, yamlWord } from '../../src/config/expectation.ts';
import { configJsonSchema, isSection, type JsonSchema } from '../../src/config/json-schema.ts';
import { code, generatedFrom, table } from './markdown.ts';

const intro = `# Config file

vdpactl reads \`vdpactl.yaml\` in the current folder, where there is one, or the file named with \`--config\`. Every key may be
left out. \`vdpactl init\` writes a file that names them all; \`vdpactl schema\` prints the JSON Schema of this page for editors.

- A flag of the command line wins over the file, and the file over the default.
- An unknown key, a wrong value or a contradiction is an error with \`file:line:column\` and, where there is one, the nearest
  right key. All problems are reported at once ([VDPA-CONFIG-003](troubleshooting.md#vdpa-config-003)).
- The file is YAML 1.2 of at most 1 MiB. A pipe works too: \`--config <(envsubst < template.yaml)\`.

\`\`\`yaml
apiVersion: vdpactl/v1
local:
  devices: 2
  memoryMiB: 256
bench:
  trials: 10
  frameSize: 512
\`\`\`
`;

/** docs/config.md: every key with its default, what it must be, what it means, and the flag that sets it. */
export function configPage(program: Command): string {
  const schema = configJsonSchema();
  const entries = Object.entries(schema.properties ?? {}).filter(isNode);
  const sections = entries.filter(([, node]) => isSection(node));
  const settings = entries.filter(([, node]) => !isSection(node));
  return [
    generatedFrom('src/config/config-schema.ts'),
    intro,
    '## At the top\n',
    keyTable(settings, flagsOf(program, 'deploy')),
    ...sections.flatMap(([name, node]) =>
      sectionOf(name, node, flagsOf(program, name === 'bench' ? 'bench' : 'deploy')),
    ),
  ].join('\n');
}

/** A section with those inside it: `kubernetes`, then `kubernetes.images`. */
function sectionOf(name: string, node: JsonSchema, flags: ReadonlyMap<string, string>): string[] {
  const entries = Object.entries(node.properties ?? {}).filter(isNode);
  const settings = entries.filter(([, below]) => !isSection(below));
  return [
    `## ${name}\n`,
    `${node.description ?? ''}\n`,
    keyTable(settings, flags),
    ...entries
      .filter(([, below]) => isSection(below))
      .flatMap(([key, below]) => sectionOf(`${name}.${key}`, below, flags)),
  ];
}

function isNode(entry: [string, unknown]): entry is [string, JsonSchema] {
  return typeof entry[1] === 'object' && entry[1] !== null;
}

function keyTable(entries: readonly (readonly [string, JsonSchema])[], flags: ReadonlyMap<string, string>): string {
  return table(
    ['key', 'default', 'must be', 'meaning', 'flag'],
    entries.map(([key, node]) => [
      code(key),
      code(yamlWord(node.default ?? null)),
      expectation(node),
      node.description ?? '',
      flagFor(key, flags),
    ]),
  );
}

/** The long flags of a command by the name that commander gives their value. */
function flagsOf(program: Command, name: string): ReadonlyMap<string, string> {
  const options = program.commands.find((command) => command.name() === name)?.options ?? [];
  return new Map(options.map((option) => [option.attributeName(), option.long ?? '']));
}

/** A flag is called like its key; those of durations leave the unit out. */
function flagFor(key: string, flags: ReadonlyMap<string, string>): string {
  const flag = flags.get(key) ?? flags.get(key.replace(/Seconds$/, ''));
  return flag === undefined ? '' : code(flag);
}
