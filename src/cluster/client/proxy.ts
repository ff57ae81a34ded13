// SPDX-License-Identifier: Apache-2.0
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { BlockList, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { VdpaError } from '../../errors/vdpa-error.ts';

const connectTimeoutMs = 30_000;

/**
 * The proxy for a server: `proxy-url` of the kubeconfig, else HTTPS_PROXY or HTTP_PROXY unless NO_PROXY names the server.
 * @throws VdpaError VDPA-CLUSTER-001 for a proxy of a kind that vdpactl cannot use.
 */
export function proxyFor(server: URL, configured: string | undefined, env: NodeJS.ProcessEnv): URL | null {
  if (configured !== undefined) return proxyUrl(configured, 'proxy-url in the kubeconfig');
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = env[name] ?? env[name.toLowerCase()] ?? '';
  const exempt = env['NO_PROXY'] ?? env['no_proxy'] ?? '';
  if (value === '' || isLoopback(server) || isExempt(server, exempt)) return null;
  return proxyUrl(value, name);
}

function proxyUrl(text: string, where: string): URL {
  const address = /^[a-z0-9+]+:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  // The address may hold a password.
  throw new VdpaError('VDPA-CLUSTER-001', 'the proxy is no http or https proxy', {
    where,
    next: 'name an http or https proxy there, or use kubectl proxy and a context with its address',
  });
}

const hostOf = (server: URL): string => server.hostname.replace(/^\[|\]$/g, '').toLowerCase();

function isLoopback(server: URL): boolean {
  const host = hostOf(server);
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** As Go reads NO_PROXY: `*`, names (and what is below them), `.name` (only what is below), addresses, networks, ports. */
export function isExempt(server: URL, list: string): boolean {
  const host = hostOf(server);
  const port = server.port === '' ? (server.protocol === 'https:' ? '443' : '80') : server.port;
  return list.split(',').some((item) => {
    const entry = item.trim().toLowerCase();
    if (entry === '*') return true;
    const [, network = '', bits = ''] = /^([0-9a-f.:]+)\/(\d+)$/.exec(entry) ?? [];
    if (network !== '') return isWithin(host, network, Number(bits));
    const [, name = entry, entryPort = port] =
      /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `${entry}:${port}` : entry) ?? [];
    if (name === '' || entryPort !== port) return false;
    const plain = name.replace(/^\*?\./, '').replace(/^\[|\]$/g, '');
    return host.endsWith(`.${plain}`) || (host === plain && !/^\*?\./.test(name));
  });
}

function isWithin(host: string, network: string, bits: number): boolean {
  const family = isIP(network);
  if (isIP(host) !== family || family === 0 || bits > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, bits, type);
  return list.check(host, type);
}

type Connected = (error: Error | null, socket?: Duplex) => void;

/** Connections to one server through a CONNECT tunnel of a proxy; TLS goes through it to the server itself. */
export function tunnelAgent(server: URL, proxy: URL, maxSockets: number): HttpAgent {
  const secure = server.protocol === 'https:';
  const open = (options: object, connected: Connected): undefined => {
    openTunnel(server, proxy, (error, socket) => {
      if (socket === undefined) connected(error);
      else if (secure) connected(null, tlsConnect({ ...options, socket }));
      else connected(null, socket);
    });
    return undefined;
  };
  const agent = secure ? new Agent({ keepAlive: true, maxSockets }) : new HttpAgent({ keepAlive: true, maxSockets });
  // Node calls it with the options of the request, and takes the socket from the callback when none is returned.
  return Object.assign(agent, { createConnection: open });
}

function openTunnel(server: URL, proxy: URL, done: (error: Error | null, socket?: Socket) => void): void {
  const port = server.port === '' ? (server.protocol === 'https:' ? '443' : '80') : server.port;
  const target = `${server.hostname}:${port}`;
  const login =
    proxy.username === '' ? null : `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const make = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = make({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : proxy.port,
    method: 'CONNECT',
    path: target,
    agent: false,
    timeout: connectTimeoutMs,
    headers: {
      host: target,
      ...(login === null ? {} : { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }),
    },
  });
  const refuse = (why: string) => done(new Error(`the proxy ${proxy.host} ${why}`));
  request.once('connect', (response, socket) => {
    if (response.statusCode === 200) {
      socket.setTimeout(0);
      done(null, socket);
    } else {
      socket.destroy();
      refuse(`refused the connection with status ${response.statusCode}`);
    }
  });
  request.once('timeout', () => request.destroy(new Error('it does not answer')));
  request.once('error', (error) => refuse(`cannot be used: ${error.message}`));
  request.end();
}
