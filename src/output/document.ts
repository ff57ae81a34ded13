// SPDX-License-Identifier: Apache-2.0

/** One JSON document, two spaces, with a closing newline. */
export function toJson(doc: object): string {
  return `${JSON.stringify(doc, null, 2)}\n`;
}

/** One YAML document with the same keys as the JSON one. */
export async function toYaml(doc: object): Promise<string> {
  const { yamlText } = await import('./yaml-text.ts');
  return yamlText(doc);
}
