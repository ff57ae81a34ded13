// SPDX-License-Identifier: Apache-2.0

/** What could move the cursor, colour the terminal or reverse the reading direction of a message. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]/gu;

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text from a file, made safe to print: control characters are shown as `\u001b`. */
export function printable(text: string): string {
  return text.replace(
    unprintable,
    (character) => shortEscapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The same in double quotes, as a message shows it; long text is cut. */
export function quoted(text: string, maxLength = 40): string {
  const characters = [...text];
  const shown = characters.length > maxLength ? `${characters.slice(0, maxLength - 1).join('')}…` : text;
  return `"${printable(shown.replace(/["\\]/g, '\\$&'))}"`;
}
