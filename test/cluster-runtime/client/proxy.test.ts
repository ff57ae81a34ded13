// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { isExempt, proxyFor } from '../../../src/cluster/client/proxy.ts';

describe('isExempt', () => {
  it.each([
    ['https://api.example.com', 'example.com', true],
    ['https://api.example.com', '.example.com', true],
    ['https://api.example.com', '*.example.com', true],
    ['https://example.com', '.example.com', false],
    ['https://example.com', 'example.com', true],
    ['https://notexample.com', 'example.com', false],
    ['https://api.example.com', 'other, *', true],
    ['https://api.example.com', '', false],
    ['https://api.example.com:6443', 'api.example.com:6443', true],
    ['https://api.example.com:6443', 'api.example.com:443', false],
    ['https://API.example.com', 'api.EXAMPLE.com', true],
    ['https://10.1.2.3:6443', '10.0.0.0/8', true],
    ['https://11.1.2.3:6443', '10.0.0.0/8', false],
    ['https://10.1.2.3', '10.0.0.0/99', false],
    ['https://[fd00::1]:6443', 'fd00::/8', true],
    ['https://[fd00::1]:6443', 'fd00::1', true],
    ['https://[fd00::1]:6443', '10.0.0.0/8', false],
    ['https://api.example.com', '10.0.0.0/8', false],
  ])('%s by NO_PROXY=%s: %s', (server, list, expected) => {
    expect(isExempt(new URL(server), list)).toBe(expected);
  });
});

describe('proxyFor', () => {
  const server = new URL('https://api.example.com:6443');
  it.each([
    ['nothing', server, undefined, {}, undefined],
    ['the environment', server, undefined, { HTTPS_PROXY: 'http://proxy:3128' }, 'proxy:3128'],
    ['its small letters, without a scheme', server, undefined, { https_proxy: 'proxy:3128' }, 'proxy:3128'],
    [
      'the kubeconfig before the environment',
      server,
      'https://own',
      { HTTPS_PROXY: 'http://proxy', NO_PROXY: '*' },
      'own',
    ],
    [
      'no proxy where one is not wanted',
      server,
      undefined,
      { HTTPS_PROXY: 'http://proxy', NO_PROXY: 'example.com' },
      undefined,
    ],
    [
      'no proxy to this machine',
      new URL('https://127.0.0.1:6443'),
      undefined,
      { HTTPS_PROXY: 'http://proxy' },
      undefined,
    ],
    [
      'HTTP_PROXY for http',
      new URL('http://api'),
      undefined,
      { HTTP_PROXY: 'http://plain', HTTPS_PROXY: 'http://tls' },
      'plain',
    ],
  ])('takes %s', (_, to, configured, env, expected) => {
    expect(proxyFor(to, configured, env)?.host).toBe(expected);
  });

  it('refuses a proxy that it cannot use, and does not print it', () => {
    const refuse = () => proxyFor(server, 'socks5://me:secret@proxy', {});
    expect(refuse).toThrow(expect.objectContaining({ code: 'VDPA-CLUSTER-001' }));
    expect(refuse).not.toThrow(/secret/);
  });
});
