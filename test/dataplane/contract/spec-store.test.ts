// SPDX-License-Identifier: Apache-2.0
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runDir, specFile } from '../../../dataplane/contract/run-dir.ts';
import { readSpecs, specHash } from '../../../dataplane/contract/spec-store.ts';
import { backendSpec, madeRunDir, putSpec } from '../../fixtures/backend-spec.ts';
import { scratch } from '../../fixtures/scratch.ts';

const { folder } = scratch();

describe('specHash', () => {
  const spec = backendSpec('local0', { wire: { kind: 'memif', at: '/x' } });

  it('is the same for the same content, whatever the order of the keys', () => {
    const reversed = Object.fromEntries(Object.entries(spec).reverse());
    const swapped = { at: spec.wire.at, kind: spec.wire.kind };
    expect(specHash({ ...spec, ...reversed, wire: swapped })).toBe(specHash(spec));
    expect(specHash(spec)).toMatch(/^[0-9a-f]{16}$/);
  });

  it('is another for any other content', () => {
    const others = [
      { mac: '02:00:00:00:00:02' },
      { queues: 2 },
      { args: [...spec.args].reverse() },
      { args: [...spec.args, ''] },
      { wire: { kind: 'memif', at: '/y' } as const },
    ].map((change) => specHash({ ...spec, ...change }));
    expect(new Set([specHash(spec), ...others]).size).toBe(others.length + 1);
  });
});

describe('readSpecs', () => {
  it('answers what is there, by device', () => {
    const dir = madeRunDir(folder());
    const specs = [backendSpec('local1'), backendSpec('0000:03:00.0')];
    for (const spec of specs) putSpec(dir, spec);
    writeFileSync(join(dir.backends, 'local1.status.json'), '{}');
    writeFileSync(join(dir.backends, 'local1.json.99.tmp'), '{');
    expect([...readSpecs(dir)]).toEqual([
      ['0000:03:00.0', { spec: specs[1], hash: expect.any(String) }],
      ['local1', { spec: specs[0], hash: expect.any(String) }],
    ]);
  });

  it('passes over what is no spec, and what is that of another device', () => {
    const dir = madeRunDir(folder());
    putSpec(dir, backendSpec('local0'));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        writeFileSync(specFile(dir, 'local1'), text);
        expect([...readSpecs(dir).keys()]).toEqual(['local0']);
      }),
      { numRuns: 30 },
    );
    for (const device of ['local2', '../local1', 'a@b', 'UPPER', '']) {
      writeFileSync(specFile(dir, 'local1'), JSON.stringify({ ...backendSpec('local1'), device }));
      expect([...readSpecs(dir).keys()]).toEqual(['local0']);
    }
    writeFileSync(join(dir.backends, 'a@b.json'), JSON.stringify({ ...backendSpec('local1'), device: 'a@b' }));
    expect([...readSpecs(dir).keys()]).toEqual(['local0']);
  });

  it('keeps what was known of a file that cannot be read now, until it is gone', () => {
    const dir = madeRunDir(folder());
    putSpec(dir, backendSpec('local0'));
    const before = readSpecs(dir);
    writeFileSync(specFile(dir, 'local0'), '{');
    expect(readSpecs(dir, before)).toEqual(before);
    expect(readSpecs(dir)).toEqual(new Map());
    rmSync(specFile(dir, 'local0'));
    expect(readSpecs(dir, before)).toEqual(new Map());
  });

  it('wants nothing where there is no folder, and what it wanted before where the folder cannot be read', () => {
    const dir = madeRunDir(folder());
    putSpec(dir, backendSpec('local0'));
    const before = readSpecs(dir);
    expect(readSpecs(runDir(join(folder(), 'none')), before)).toEqual(new Map());
    rmSync(dir.backends, { recursive: true });
    writeFileSync(dir.backends, 'a file');
    expect(readSpecs(dir, before)).toEqual(before);
  });
});
