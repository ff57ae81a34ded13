// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArchiveFile } from '../../../src/cluster/sysdump/archive-file.ts';
import { Parts } from '../../../src/cluster/sysdump/parts.ts';
import { silentProgress } from '../../../src/output/progress.ts';

describe('the parts of a sysdump', () => {
  let folder: string;
  let archive: ArchiveFile;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vdpactl-parts-'));
    archive = ArchiveFile.open(join(folder, 'a.tgz'), 'a.tgz', false);
  });

  afterEach(async () => {
    await archive.discard();
    rmSync(folder, { recursive: true });
  });

  const partsOf = (signal = new AbortController().signal) => new Parts(archive, silentProgress, signal);

  it('ends one whose time is over, keeps what it has, and lets nothing of it come later', async () => {
    const parts = partsOf();
    let late: unknown = null;
    await parts.gather('slow', 100, async ({ add }) => {
      await add('first', 'a');
      await sleep(200);
      await add('second', 'b').catch((error: unknown) => {
        late = error;
      });
    });
    await parts.gather('next', 1000, ({ add }) => add('third', 'c'));
    await sleep(200);
    expect(parts.records).toEqual([
      { part: 'slow', outcome: 'partial', why: 'not done within 0 s', files: 1, gaps: [] },
      { part: 'next', outcome: 'saved', why: null, files: 1, gaps: [] },
    ]);
    expect(late).toBeInstanceOf(Error);
    expect(archive.files).toBe(2);
  });

  it('says of one that fails why, without what looks like a credential', async () => {
    const parts = partsOf();
    await parts.gather('broken', 1000, async () => {
      throw new Error('refused: token=abc');
    });
    await parts.gather('gaps', 1000, async ({ add, gap }) => {
      await add('one', { a: 1 });
      gap('two', 'failed', new Error('no'));
      gap('three', 'skipped', 'not asked');
    });
    parts.skip('left out', 'nobody wants it');
    expect(parts.records).toMatchObject([
      { outcome: 'failed', why: 'refused: token=[hidden]' },
      { outcome: 'partial', why: '2 things are missing', gaps: [{ why: 'no' }, { why: 'not asked' }] },
      { outcome: 'skipped', why: 'nobody wants it' },
    ]);
  });

  it('ends with an interrupt', async () => {
    const interrupt = new AbortController();
    const parts = partsOf(interrupt.signal);
    const gathering = parts.gather('one', 10_000, async ({ signal }) => {
      interrupt.abort(new Error('stopped'));
      await sleep(10_000, undefined, { signal });
    });
    await expect(gathering).rejects.toThrow('stopped');
  });

  it('ends when the archive cannot be written', async () => {
    await archive.discard();
    const parts = partsOf();
    await expect(parts.gather('one', 1000, ({ add }) => add('a', 'b'))).rejects.toMatchObject({
      code: 'VDPA-SYSDUMP-001',
    });
  });
});
