// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { VdpaError } from '../../src/errors/vdpa-error.ts';
import { errorText } from '../../src/output/error-text.ts';

/** A folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vdpactl-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function put(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** What a user reads when this fails; throws when it does not, or when it is a fault of ours. */
export async function messageFrom(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof VdpaError) return errorText(error);
    throw error;
  }
  throw new Error('it did not fail');
}
