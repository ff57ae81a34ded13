// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { asVdpaError } from '../../src/errors/as-vdpa-error.ts';
import { VdpaError } from '../../src/errors/vdpa-error.ts';
import { errorDocument, errorText } from '../../src/output/error-text.ts';

const whole = new VdpaError('VDPA-DEPLOY-003', 'the backend of local0 ended 3 times', {
  where: '/run/vdpactl/log/local0.log',
  next: 'mend what they name',
  details: ['EAL: first', '', 'EAL: last'],
});
const bare = new VdpaError('VDPA-USAGE-001', 'unknown option --devises', { next: 'see: vdpactl deploy --help' });

describe('an error as text', () => {
  it('says what, where, the details, and what to do next', () => {
    expect(errorText(whole)).toBe(
      [
        'error VDPA-DEPLOY-003: /run/vdpactl/log/local0.log: the backend of local0 ended 3 times',
        '  EAL: first',
        '  EAL: last',
        'next: mend what they name',
        '',
      ].join('\n'),
    );
    expect(errorText(bare)).toBe('error VDPA-USAGE-001: unknown option --devises\nnext: see: vdpactl deploy --help\n');
  });

  it('has its code stand out where that can be seen', () => {
    expect(errorText(bare, (text) => `<${text}>`)).toMatch(/^<error VDPA-USAGE-001>: unknown/);
  });
});

describe('an error as data', () => {
  it('has every key, whether there is something to say or not', () => {
    expect(errorDocument(whole)).toEqual({
      schemaVersion: 'vdpactl/v1',
      error: {
        code: 'VDPA-DEPLOY-003',
        message: 'the backend of local0 ended 3 times',
        where: '/run/vdpactl/log/local0.log',
        details: ['EAL: first', '', 'EAL: last'],
        next: 'mend what they name',
        exitCode: 5,
      },
    });
    expect(JSON.parse(JSON.stringify(errorDocument(bare)))).toMatchObject({ error: { where: null, details: [] } });
  });
});

describe('whatever was thrown', () => {
  it('is taken as it is when it is one of ours, and for a fault of ours otherwise', () => {
    expect(asVdpaError(whole)).toBe(whole);
    const cause = new TypeError('x is undefined');
    expect(asVdpaError(cause)).toMatchObject({ code: 'VDPA-BUG-001', message: 'x is undefined', exitCode: 70, cause });
    expect(asVdpaError('a string')).toMatchObject({ code: 'VDPA-BUG-001', message: 'a string' });
    expect(asVdpaError(undefined)).toMatchObject({ code: 'VDPA-BUG-001', next: expect.stringContaining('--debug') });
  });
});
