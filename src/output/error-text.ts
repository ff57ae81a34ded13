// SPDX-License-Identifier: Apache-2.0
import type { VdpaError } from '../errors/vdpa-error.ts';
import { schemaVersion } from '../schema-version.ts';

/** An error as a user reads it: what, where, the details, what to do next, and where to read on. */
export function errorText(error: VdpaError, bold: (text: string) => string = (text) => text): string {
  const where = error.where === null ? '' : `${error.where}: `;
  const lines = [`${bold(`error ${error.code}`)}: ${where}${error.message}`];
  for (const detail of error.details) if (detail.trim() !== '') lines.push(`  ${detail}`);
  lines.push(`next: ${error.next}`);
  return `${lines.join('\n')}\n`;
}

/** The same as data, for `-o json` and `-o yaml`; its shape never changes. */
export function errorDocument(error: VdpaError): object {
  return { schemaVersion, error: errorFields(error) };
}

/** An error as a part of a document. */
export function errorFields(error: VdpaError): object {
  return {
    code: error.code,
    message: error.message,
    where: error.where,
    details: error.details,
    next: error.next,
    exitCode: error.exitCode,
  };
}
