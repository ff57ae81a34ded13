// SPDX-License-Identifier: Apache-2.0

/** What the first line of a generated page says, so that nobody edits it by hand. */
export function generatedFrom(source: string): string {
  return `<!-- Made by npm run docs from ${source}: edit that, not this page. -->\n`;
}

/** A table; a cell that is no code is taken as Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

export function code(text: string): string {
  return `\`${text}\``;
}

export function block(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\`\n`;
}

/** Text that is no code: `<time>` in it must not be taken for a tag. */
export function prose(text: string): string {
  return text.replaceAll('<', '&lt;');
}
