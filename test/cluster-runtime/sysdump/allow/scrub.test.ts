// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrub } from '../../../../src/cluster/sysdump/allow/scrub.ts';

const token = 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl';

describe('scrub', () => {
  it.each([
    ['a token', `using ${token} now`, 'using [hidden] now'],
    ['a header', 'Authorization: Bearer abcdefgh12345678', /^Authorization: \S*\[hidden\]/],
    ['an address', 'get https://jane:pass@registry.example.com/v2', 'get https://[hidden]@registry.example.com/v2'],
    ['an assignment', 'PASSWORD=hunter2 go', 'PASSWORD=[hidden] go'],
    ['JSON', '{"api_key": "abc def", "a": 1}', '{"api_key": [hidden], "a": 1}'],
    ['JSON in JSON', '{\\"secret\\":\\"abc\\",\\"a\\":1}', /^(?!.*abc)/],
    ['an access key', 'with AKIAABCDEFGHIJKLMNOP', 'with [hidden]'],
    ['a key', 'x\n-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\ny', 'x\n[hidden]\ny'],
    ['a key that is cut off', '-----BEGIN PRIVATE KEY-----\nabc', '[hidden]'],
  ])('hides %s', (_what, text, clean) => {
    if (typeof clean === 'string') expect(scrub(text)).toBe(clean);
    else expect(scrub(text)).toMatch(clean);
  });

  it.each([
    'level=error msg="pod vdpactl-agent-x is not ready"',
    'EAL: Probe PCI driver: net_ena (1d0f:ec20) device: 0000:00:06.0 (socket 0)',
    '{"sha256":"0123456789abcdef"}',
  ])('leaves as it is: %s', (text) => {
    expect(scrub(text)).toBe(text);
  });

  it('takes any text, in time that grows with its length', () => {
    fc.assert(fc.property(fc.string({ maxLength: 2000 }), (text) => typeof scrub(text) === 'string'));
    const began = performance.now();
    for (const part of ['password', 'token=', 'eyJ', '-----BEGIN PRIVATE KEY-----', 'a://b:', 'Bearer ', '"', ' ']) {
      scrub(part.repeat(Math.ceil((1024 * 1024) / part.length)));
    }
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
