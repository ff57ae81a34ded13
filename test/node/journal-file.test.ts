// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VdpaError } from '../../src/errors/vdpa-error.ts';
import type { Journal } from '../../src/node/journal.ts';
import { journalFile } from '../../src/node/journal-file.ts';
import { scratch } from '../fixtures/scratch.ts';

const { folder } = scratch();

const journal: Journal = {
  schemaVersion: 'vdpactl/v1',
  kind: 'NodeJournal',
  bootId: 'boot-1',
  entries: [{ kind: 'enable-noiommu', before: 'N' }],
};

function codeOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    return error instanceof VdpaError ? error.code : 'another error';
  }
}

describe('the journal on disk', () => {
  it('is what was saved, for root alone, and is gone with its folder', () => {
    const dir = join(folder(), 'a', 'state');
    const file = journalFile(dir);
    expect(file.load()).toBeNull();
    file.save(journal);
    expect(file.load()).toEqual(journal);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, 'journal.json')).mode & 0o777).toBe(0o600);
    file.remove();
    expect(existsSync(dir)).toBe(false);
    file.remove();
  });

  it('takes with it what a killed run was about to write, and nothing of anybody else', () => {
    const dir = join(folder(), 'state');
    const file = journalFile(dir);
    file.save(journal);
    writeFileSync(join(dir, 'journal.json.4711.tmp'), '{');
    writeFileSync(join(dir, 'notes.txt'), 'mine');
    file.remove();
    expect(readdirSync(dir)).toEqual(['notes.txt']);
  });

  it.each<[string, string]>([
    ['cut off', '{"schemaVersion":"vdpactl/v1","ki'],
    ['empty', ''],
    ['of another version', JSON.stringify({ ...journal, schemaVersion: 'vdpactl/v9' })],
    ['with an entry that nobody knows', JSON.stringify({ ...journal, entries: [{ kind: 'format-disk' }] })],
  ])('is refused when it is %s: what it says must not be lost', (_what, text) => {
    const dir = join(folder(), 'state');
    mkdirSync(dir);
    writeFileSync(join(dir, 'journal.json'), text);
    expect(codeOf(() => journalFile(dir).load())).toBe('VDPA-NODE-006');
  });

  it('says so when nothing can be recorded', () => {
    writeFileSync(join(folder(), 'file'), '');
    expect(codeOf(() => journalFile(join(folder(), 'file', 'state')).save(journal))).toBe('VDPA-NODE-006');
  });
});
