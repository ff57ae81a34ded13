// SPDX-License-Identifier: Apache-2.0
import { expectation, yamlWord } from './expectation.ts';
import { configJsonSchema, isSection, type JsonSchema } from './json-schema.ts';

/** Columns that a comment may fill. */
const width = 100;

const header = `\
# The config of vdpactl: what it deploys and how it measures.
#
# Every key may be left out. A line such as "#provider: auto" is a setting with its default: take the # away and change
# it. A line whose # is followed by a space explains the setting below it.
# To have an editor check and complete this file: vdpactl schema --help
`;

/** The text of a config file that names every setting, with what it means, what it may be, and its default. */
export function configTemplate(): string {
  return `${header}${settings(configJsonSchema(), '')}`;
}

function settings(schema: JsonSchema, indent: string): string {
  return Object.entries(schema.properties ?? {})
    .filter((entry): entry is [string, JsonSchema] => typeof entry[1] === 'object')
    .map(([key, node]) => (isSection(node) ? section(key, node, indent) : setting(key, node, indent)))
    .join('');
}

/** The key of a section stays in force, so that one # less is enough for a setting in it. */
function section(key: string, node: JsonSchema, indent: string): string {
  return `\n${comment(node.description ?? '', indent)}${indent}${key}:\n${settings(node, `${indent}  `).slice(1)}`;
}

function setting(key: string, node: JsonSchema, indent: string): string {
  const { description = '', default: value, examples = [] } = node;
  const example = examples.length === 0 ? '' : `; for example ${examples.map(flow).join(' or ')}`;
  const lines = comment(description, indent) + comment(`Must be ${expectation(node)}${example}.`, indent);
  // The version is the one setting that says something even where it is the default: which vdpactl the file is for.
  const mark = node.const === undefined ? '#' : '';
  return `\n${lines}${indent}${mark}${key}: ${flow(value)}\n`;
}

function flow(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(flow).join(', ')}]` : yamlWord(value);
}

function comment(text: string, indent: string): string {
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of text.split(/\s+/)) {
    if (line.length + 1 + word.length > width) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return `${[...lines, line].join('\n')}\n`;
}
