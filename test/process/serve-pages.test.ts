// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loopback, type PageServer, servePages } from '../../src/process/serve-pages.ts';

let server: PageServer;
let status: 200 | 503;
beforeEach(async () => {
  status = 200;
  server = await servePages(loopback, 0, {
    '/readyz': () => ({ status, text: 'well\n' }),
    '/metrics': () => ({ status: 200, text: 'x 1\n', type: 'text/plain; version=0.0.4' }),
  });
});
afterEach(() => server.stop());

const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);

describe('pages on the loopback interface', () => {
  it('are answered as they are at the moment', async () => {
    expect((await get('/readyz')).status).toBe(200);
    status = 503;
    const response = await get('/readyz?verbose');
    expect([response.status, await response.text()]).toEqual([503, 'well\n']);
  });

  it('have the type that they say', async () => {
    expect((await get('/metrics')).headers.get('content-type')).toBe('text/plain; version=0.0.4');
  });

  it.each(['/', '/nowhere', '/constructor', '/__proto__', '//readyz'])('are not at %s', async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it('are only read', async () => {
    expect((await get('/readyz', { method: 'POST', body: 'x' })).status).toBe(404);
  });

  it('are refused where the port is taken', async () => {
    await expect(servePages(loopback, server.port, {})).rejects.toThrow('EADDRINUSE');
  });
});
