// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checks } from '../../src/check/checks.ts';
import { errorCodes, exitCode } from '../../src/errors/error-codes.ts';
import { errnoOf, messageOf, VdpaError } from '../../src/errors/vdpa-error.ts';
import { packageRoot } from '../../src/files/package-root.ts';

/** The text of every source file but the table itself. */
function sources(): string {
  return ['src', 'dataplane']
    .flatMap((folder) =>
      readdirSync(join(packageRoot(), folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((name) => name.endsWith('.ts') && !name.endsWith('error-codes.ts'))
    .map((name) => readFileSync(join(packageRoot(), name), 'utf8'))
    .join('\n');
}

describe('the table of errors', () => {
  const text = sources();
  const entries = Object.entries(errorCodes);

  it.each(entries)('%s is spelled as all are, and is met somewhere', (code, { title, exit }) => {
    expect(code).toMatch(/^VDPA-[A-Z]+-\d{3}$/);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(Object.values(exitCode)).toContain(exit);
    expect(text).toContain(`'${code}'`);
  });

  it('says nothing twice', () => {
    expect(new Set(entries.map(([, { title }]) => title)).size).toBe(entries.length);
  });

  it('has every code that the sources name', () => {
    const known = new Set<string>([...Object.keys(errorCodes), ...checks.map(({ id }) => id)]);
    const named = new Set(text.match(/VDPA-[A-Z]+-\d{3}/g));
    expect([...named].filter((code) => !known.has(code))).toEqual([]);
  });
});

describe('VdpaError', () => {
  it('carries what a user needs, and its exit code', () => {
    const cause = new Error('why');
    const error = new VdpaError('VDPA-LOCK-001', 'busy', { where: '/run/x', next: 'wait', details: ['a'], cause });
    expect(error).toMatchObject({
      name: 'VdpaError',
      message: 'busy',
      where: '/run/x',
      next: 'wait',
      details: ['a'],
      cause,
      exitCode: 5,
    });
    expect(new VdpaError('VDPA-BUG-001', 'x', { next: 'y' })).toMatchObject({ where: null, details: [], exitCode: 70 });
    expect('cause' in new VdpaError('VDPA-BUG-001', 'x', { next: 'y' })).toBe(false);
  });
});

it('finds the message and the errno in whatever was thrown', () => {
  expect(messageOf(new Error('a'))).toBe('a');
  expect(messageOf('a')).toBe('a');
  expect(messageOf(undefined)).toBe('undefined');
  expect(errnoOf(Object.assign(new Error('a'), { code: 'ENOENT' }))).toBe('ENOENT');
  for (const thrown of [new Error('a'), Object.assign(new Error('a'), { code: 5 }), { code: 'ENOENT' }, null])
    expect(errnoOf(thrown)).toBeNull();
});
