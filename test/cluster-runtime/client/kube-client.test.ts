// SPDX-License-Identifier: Apache-2.0
// The request layer against servers that behave badly; how a real API server answers is in test/cluster.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { connect as connectTcp, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect, type KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { selfSignedCertificate } from '../../cluster/helpers/self-signed-certificate.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const undo: (() => unknown)[] = [];
let certificate: { cert: string; key: string };

beforeAll(() => {
  certificate = selfSignedCertificate();
});
afterEach(async () => {
  for (const step of undo.reverse()) await step();
  undo.length = 0;
});

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  undo.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

interface Setting {
  readonly user?: object;
  readonly cluster?: object;
  readonly server?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly as?: string;
  readonly asGroup?: readonly string[];
}

async function clientOf(port: number, { user, cluster, server, env = {}, ...who }: Setting = {}): Promise<KubeClient> {
  const folder = mkdtempSync(join(tmpdir(), 'vdpactl-client-'));
  undo.push(() => rmSync(folder, { recursive: true }));
  const kubeconfig = join(folder, 'kubeconfig');
  const content = {
    'current-context': 'lab',
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab' } }],
    clusters: [
      {
        name: 'lab',
        cluster: {
          server: server ?? `https://127.0.0.1:${port}`,
          'certificate-authority-data': Buffer.from(certificate.cert).toString('base64'),
          ...cluster,
        },
      },
    ],
    users: [{ name: 'lab', user: user ?? { token: 'good' } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(content));
  const client = connect({ kubeconfig, ...who }, env, folder);
  undo.push(() => client.close());
  return client;
}

/** A server and a client of it. */
async function serve(answer: Answer, setting: Setting = {}): Promise<KubeClient> {
  return clientOf(await listening(createServer(certificate, answer)), setting);
}

const json = (response: ServerResponse, status: number, body: object, headers = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const status = (response: ServerResponse, code: number, message: string, headers = {}) =>
  json(response, code, { kind: 'Status', message, reason: '' }, headers);

describe('a request', () => {
  it('goes out and comes back as it is, below the path of the server', async () => {
    const object = { kind: 'Odd', metadata: { name: 'ä' }, spec: { newField: [null, 1.5, { deep: '' }] } };
    const port = await listening(
      createServer(certificate, (request, response) => {
        let text = '';
        request.on('data', (chunk) => {
          text += chunk;
        });
        request.on('end', () => json(response, 200, { url: request.url, type: request.headers['content-type'], text }));
      }),
    );
    const client = await clientOf(port, { server: `https://127.0.0.1:${port}/k8s/clusters/c-1/` });
    expect(
      await client.request({
        method: 'PATCH',
        path: '/x',
        query: { force: true, q: 'a b&c' },
        body: object,
        contentType: 'a/b',
      }),
    ).toEqual({ url: '/k8s/clusters/c-1/x?force=true&q=a+b%26c', type: 'a/b', text: JSON.stringify(object) });
  });

  it('uses one connection again', async () => {
    const ports = new Set<number | undefined>();
    const client = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      json(response, 200, {});
    });
    for (let n = 0; n < 10; n += 1) await client.request({ path: '/' });
    expect(ports.size).toBe(1);
  });

  it.each([
    [429, 'POST', { 'retry-after': '0' }],
    [503, 'POST', { 'retry-after': '0' }],
    [429, 'POST', {}],
    [502, 'GET', {}],
  ] as const)('is repeated after %i to %s', async (code, method, headers) => {
    let asked = 0;
    const client = await serve((_, response) => {
      asked += 1;
      if (asked < 3) status(response, code, 'later', headers);
      else json(response, 200, { asked });
    });
    expect(await client.request({ method, path: '/' })).toEqual({ asked: 3 });
  });

  it('is not repeated when nobody knows whether it was done', async () => {
    let asked = 0;
    const client = await serve((_, response) => {
      asked += 1;
      status(response, 500, 'broken');
    });
    await expect(client.request({ method: 'POST', path: '/' })).rejects.toMatchObject({
      code: 'VDPA-CLUSTER-006',
      status: 500,
    });
    expect(asked).toBe(1);
  });

  it('waits for a server that was there before', async () => {
    let asked = 0;
    const client = await serve((request, response) => {
      asked += 1;
      if (asked === 2 || asked === 3) request.socket.destroy();
      else json(response, 200, { asked });
    });
    expect(await client.request({ path: '/' })).toEqual({ asked: 1 });
    expect(await client.request({ path: '/' })).toEqual({ asked: 4 });
  });

  it('ends by the signal with its reason', async () => {
    const client = await serve(() => {});
    const controller = new AbortController();
    const reason = new Error('stopped');
    setTimeout(() => controller.abort(reason), 100);
    await expect(client.request({ path: '/', signal: controller.signal })).rejects.toBe(reason);
  });
});

describe('a server that does not answer', () => {
  it('that refuses the connection', async () => {
    const port = await listening(createTcpServer());
    await undo.pop()?.();
    const client = await clientOf(port);
    await expect(client.request({ path: '/' })).rejects.toMatchObject({
      code: 'VDPA-CLUSTER-002',
      exitCode: 3,
      message: 'the API server cannot be reached: the connection is refused (ECONNREFUSED)',
      where: `https://127.0.0.1:${port} (context lab)`,
    });
  });

  it('that takes the connection and says nothing at all', async () => {
    const client = await clientOf(await listening(createTcpServer()));
    await expect(client.request({ path: '/', timeoutMs: 1000 })).rejects.toMatchObject({ code: 'VDPA-CLUSTER-002' });
  });

  it('that takes the request and does nothing', async () => {
    const client = await serve(() => {});
    await expect(client.request({ path: '/', timeoutMs: 1000 })).rejects.toMatchObject({
      code: 'VDPA-CLUSTER-005',
      exitCode: 4,
      message: 'the API server did not answer: no answer within 1 s',
    });
  });

  it('that nobody vouches for', async () => {
    const other = selfSignedCertificate();
    const client = await serve((_, response) => json(response, 200, {}), {
      cluster: { 'certificate-authority-data': Buffer.from(other.cert).toString('base64') },
    });
    await expect(client.request({ path: '/' })).rejects.toMatchObject({
      code: 'VDPA-CLUSTER-002',
      message: expect.stringContaining('not to be trusted'),
    });
  });

  it('that is another one than it should be, unless it is told by which name to know it', async () => {
    const port = await listening(createServer(certificate, (_, response) => json(response, 200, {})));
    const server = `https://127.0.0.2:${port}`;
    const strict = await clientOf(port, { server, cluster: { 'tls-server-name': 'other.example' } });
    await expect(strict.request({ path: '/' })).rejects.toMatchObject({ code: 'VDPA-CLUSTER-002' });
    const named = await clientOf(port, { cluster: { 'tls-server-name': 'localhost' } });
    expect(await named.request({ path: '/' })).toEqual({});
    const careless = await clientOf(port, {
      cluster: { 'certificate-authority-data': '', 'insecure-skip-tls-verify': true },
    });
    expect(await careless.request({ path: '/' })).toEqual({});
  });

  it('that is no API server', async () => {
    const client = await serve((_, response) => response.end('<html>log in</html>'));
    await expect(client.request({ path: '/' })).rejects.toMatchObject({ code: 'VDPA-CLUSTER-006' });
  });
});

describe('credentials', () => {
  const whoAmI: Answer = ({ headers }, response) =>
    headers.authorization === 'Bearer good' || headers.authorization === undefined
      ? json(response, 200, { user: headers['impersonate-user'], groups: headers['impersonate-group'] })
      : status(response, 401, 'Unauthorized');

  function plugin(script: string): object {
    const folder = mkdtempSync(join(tmpdir(), 'vdpactl-plugin-'));
    undo.push(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'plugin'), `#!/bin/sh\ncd ${folder}\n${script}\n`);
    chmodSync(join(folder, 'plugin'), 0o755);
    return {
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: join(folder, 'plugin'),
        env: [{ name: 'PROFILE', value: 'lab' }],
        provideClusterInfo: true,
        interactiveMode: 'IfAvailable',
      },
    };
  }
  const credential = (token: string) =>
    `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"${token}"}}'`;

  it('that are wrong', async () => {
    const client = await serve(whoAmI, { user: { token: 'secret-token' } });
    const error: unknown = await client.request({ path: '/' }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'VDPA-CLUSTER-004', exitCode: 3 });
    expect(JSON.stringify(error)).not.toContain('secret-token');
  });

  it('of a plugin, which is asked once for many requests', async () => {
    const user = plugin(
      `echo run >>runs; [ "$PROFILE" = lab ] || exit 1\nprintf %s "$KUBERNETES_EXEC_INFO" >info\n${credential('good')}`,
    );
    const client = await serve(whoAmI, { user, env: process.env });
    await Promise.all([1, 2, 3].map(() => client.request({ path: '/' })));
    await client.request({ path: '/' });
    const folder = join(JSON.parse(JSON.stringify(user)).exec.command, '..');
    expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe('run\n');
    expect(JSON.parse(readFileSync(join(folder, 'info'), 'utf8'))).toMatchObject({
      kind: 'ExecCredential',
      spec: { interactive: false, cluster: { server: expect.stringContaining('https://127.0.0.1:') } },
    });
  });

  it('of a plugin, asked anew when the server does not take them any more', async () => {
    const user = plugin(`if [ -e old ]; then ${credential('good')}; else touch old; ${credential('old')}; fi`);
    const client = await serve(whoAmI, { user, env: process.env });
    expect(await client.request({ path: '/' })).toEqual({});
  });

  it('of a plugin that one request does not wait for any longer, and another does', async () => {
    const client = await serve(whoAmI, { user: plugin(`sleep 0.5\n${credential('good')}`), env: process.env });
    const controller = new AbortController();
    const reason = new Error('stopped');
    const impatient = client.request({ path: '/', signal: controller.signal });
    const patient = client.request({ path: '/' });
    controller.abort(reason);
    await expect(impatient).rejects.toBe(reason);
    expect(await patient).toEqual({});
  });

  it.each([
    ['fails', 'echo "session has ended" >&2; exit 3', /ended with exit code 3/],
    ['prints junk', 'echo hello', /printed no ExecCredential/],
    ['gives nothing', credential('').replace('"token":""', ''), /gave neither a token nor a certificate/],
  ])('of a plugin that %s', async (_, script, message) => {
    const client = await serve(whoAmI, { user: plugin(script), env: process.env });
    await expect(client.request({ path: '/' })).rejects.toMatchObject({
      code: 'VDPA-CLUSTER-004',
      message: expect.stringMatching(message),
    });
  });

  it('of another user', async () => {
    const setting = { as: 'jane', asGroup: ['one', 'two'], user: { token: 'good', as: 'kubeconfig-user' } };
    const client = await serve(whoAmI, setting);
    expect(await client.request({ path: '/' })).toEqual({ user: 'jane', groups: 'one, two' });
    await expect(clientOf(1, { asGroup: ['one'] })).rejects.toMatchObject({ code: 'VDPA-USAGE-001' });
  });
});

it('goes through a proxy that wants a password, and through it only', async () => {
  const asked: (string | undefined)[] = [];
  const proxy = createPlainServer();
  proxy.on('connect', (request, client: Socket) => {
    asked.push(request.url, request.headers['proxy-authorization']);
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const upstream = connectTcp(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  const proxyPort = await listening(proxy);
  const serverPort = await listening(
    createServer(certificate, (_, response) => json(response, 200, { reached: true })),
  );
  const client = await clientOf(serverPort, {
    cluster: { 'proxy-url': `http://me:pass%40word@127.0.0.1:${proxyPort}` },
  });
  for (let n = 0; n < 3; n += 1) expect(await client.request({ path: '/' })).toEqual({ reached: true });
  expect(asked).toEqual([`127.0.0.1:${serverPort}`, `Basic ${Buffer.from('me:pass@word').toString('base64')}`]);
});

it('says that a proxy refuses', async () => {
  const proxy = createPlainServer();
  proxy.on('connect', (_, client: Socket) => client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
  const port = await listening(proxy);
  const client = await clientOf(1, { server: 'https://192.0.2.1', env: { HTTPS_PROXY: `http://127.0.0.1:${port}` } });
  await expect(client.request({ path: '/' })).rejects.toMatchObject({
    code: 'VDPA-CLUSTER-002',
    message: expect.stringContaining('refused the connection with status 407'),
  });
});

describe('an answer that is cut off in the middle', () => {
  /** Cuts the first answer short, after everything but its end was sent. */
  async function cutting(status: number): Promise<{ readonly client: KubeClient; readonly asked: () => number }> {
    let asked = 0;
    const client = await clientOf(
      await listening(
        createServer(certificate, (_, response) => {
          asked += 1;
          if (asked > 1) json(response, 200, { there: true });
          else {
            response.writeHead(status, { 'content-type': 'application/json', 'content-length': 100 });
            response.write('{"kind":', () => response.destroy());
          }
        }),
      ),
    );
    return { client, asked: () => asked };
  }

  it.each([200, 404, 500])('is asked for again, whatever its status (%i)', async (status) => {
    const { client } = await cutting(status);
    await expect(client.request({ path: '/x' })).resolves.toEqual({ there: true });
  });

  it('is not where that would be done twice, unless whoever asks can tell', async () => {
    const once = await cutting(201);
    const post = { method: 'POST', path: '/x', body: {} } as const;
    await expect(once.client.request(post)).rejects.toMatchObject({ code: 'VDPA-CLUSTER-005' });
    expect(once.asked()).toBe(1);
    const twice = await cutting(201);
    await expect(twice.client.request({ ...post, repeatable: true })).resolves.toEqual({ there: true });
  });
});

describe('a watch', () => {
  it('gives line by line, also of letters that come in two pieces, until it is cut off', async () => {
    const client = await serve((_, response) => {
      response.writeHead(200);
      const bytes = Buffer.from('{"n":"ä"}\n{"n":2}\n{"cut');
      response.write(bytes.subarray(0, 7));
      setTimeout(() => response.write(bytes.subarray(7), () => response.destroy()), 50);
    });
    const lines: unknown[] = [];
    for await (const line of client.watch({ path: '/' })) lines.push(line);
    expect(lines).toEqual([{ n: 'ä' }, { n: 2 }]);
  });

  it('ends by the signal', async () => {
    const client = await serve((_, response) => response.writeHead(200).write('{}\n'));
    const controller = new AbortController();
    const reason = new Error('stopped');
    const watched = (async () => {
      for await (const _ of client.watch({ path: '/', signal: controller.signal })) controller.abort(reason);
    })();
    await expect(watched).rejects.toBe(reason);
  });
});

it('reads no more of a log than it is told', async () => {
  const client = await serve((_, response) => response.end('x'.repeat(100_000)));
  expect(await client.text({ path: '/' }, 1000)).toEqual({ text: 'x'.repeat(1000), truncated: true });
  expect(await client.text({ path: '/' }, 100_000)).toMatchObject({ truncated: false });
});
