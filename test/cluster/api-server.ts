// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubeconfigText, serviceAccountKeyIn, writeSecrets } from './helpers/api-server-secrets.ts';
import { type Daemon, freePorts, startDaemon, untilReady } from './helpers/daemon.ts';

/** A real kube-apiserver with its etcd, of one test run, on the loopback interface. */
export interface ApiServer {
  readonly url: string;
  /** kubeconfig of an administrator. */
  readonly kubeconfig: string;
  /** Everything that belongs to it; goes with it. */
  readonly folder: string;
  /** Its own certificate authority, PEM. */
  readonly authority: string;
  /** The same as a file, and the key that service accounts' tokens are signed with. */
  readonly certificate: string;
  readonly serviceAccountKey: string;
  /** The token of the administrator or of one of `ApiServerOptions.users`. */
  tokenOf(user: string): string;
  log(): string;
  /** A kubeconfig of that user, as a file. */
  kubeconfigOf(user: string): string;
  /** Kills the API server, lets `meanwhile` pass, and starts it again on the same port with the same data. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
  /** Ends both and removes the folder. */
  stop(): Promise<void>;
}

export interface ApiServerOptions {
  /** Folder with etcd and kube-apiserver. */
  readonly bin: string;
  /** Users beside the administrator, and their groups. */
  readonly users?: Readonly<Record<string, readonly string[]>>;
  readonly serviceRange?: string;
  /** More arguments of kube-apiserver. */
  readonly serverArguments?: readonly string[];
}

const administrator = 'admin';
const startTimeoutMs = 120_000;

/** Starts both and waits until the API server answers that it is ready. Throws, with nothing left, when it does not. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const folder = mkdtempSync(join(tmpdir(), 'vdpactl-cluster-'));
  const daemons: Daemon[] = [];
  const stop = async () => {
    // In reverse: an API server whose etcd is gone takes long to end.
    for (const daemon of daemons.reverse()) await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [port = 0, etcdPort = 0, peerPort = 0] = await freePorts(3);
    daemons.push(startEtcd(options.bin, folder, etcdPort, peerPort));
    const tokens = writeSecrets(folder, { [administrator]: ['system:masters'], ...options.users });
    const certificate = join(folder, 'certificates', 'apiserver.crt');
    const startOne = async () => {
      const server = startServer(options, folder, port, etcdPort);
      daemons.push(server);
      await untilReady(server, () => isReady(port, certificate, tokens[administrator] ?? ''), startTimeoutMs);
    };
    await startOne();
    const url = `https://127.0.0.1:${port}`;
    const authority = readFileSync(certificate, 'utf8');
    const tokenOf = (user: string) => tokens[user] ?? fail(`no such user: ${user}`);
    const kubeconfigOf = (user: string) => {
      const file = join(folder, `${user.replaceAll(':', '-')}.kubeconfig`);
      writeFileSync(file, kubeconfigText(url, authority, user, tokenOf(user)), { mode: 0o600 });
      return file;
    };
    return {
      ...{ url, folder, authority, certificate, tokenOf, kubeconfigOf, stop },
      kubeconfig: kubeconfigOf(administrator),
      serviceAccountKey: serviceAccountKeyIn(folder),
      log: () => daemons.at(-1)?.log() ?? '',
      async restart(meanwhile) {
        await daemons.pop()?.kill();
        await meanwhile?.();
        await startOne();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startEtcd(bin: string, folder: string, port: number, peerPort: number): Daemon {
  const client = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return startDaemon(
    'etcd',
    [
      join(bin, 'etcd'),
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      // What is lost in a crash of the machine is of no use anyway.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    folder,
  );
}

function startServer(options: ApiServerOptions, folder: string, port: number, etcdPort: number): Daemon {
  const key = serviceAccountKeyIn(folder);
  return startDaemon(
    'kube-apiserver',
    [
      join(options.bin, 'kube-apiserver'),
      `--etcd-servers=http://127.0.0.1:${etcdPort}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      // Makes an authority and a certificate of its own there.
      `--cert-dir=${join(folder, 'certificates')}`,
      `--token-auth-file=${join(folder, 'tokens.csv')}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--allow-privileged=true',
      `--service-cluster-ip-range=${options.serviceRange ?? '10.96.0.0/24'}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${key}`,
      `--service-account-signing-key-file=${key}`,
      // There is one server, on the loopback interface, which is no endpoint for anybody.
      '--endpoint-reconciler-type=none',
      // Nobody resolves the names of nodes.
      '--kubelet-preferred-address-types=InternalIP',
      '--profiling=false',
      ...(options.serverArguments ?? []),
    ],
    folder,
  );
}

function fail(message: string): never {
  throw new Error(message);
}

/** Whether the server says so, over a connection that its own certificate vouches for. */
function isReady(port: number, certificate: string, token: string): Promise<boolean> {
  let ca: Buffer;
  try {
    ca = readFileSync(certificate);
  } catch {
    return Promise.resolve(false);
  }
  const options = { host: '127.0.0.1', port, path: '/readyz', ca, agent: false, timeout: 5_000 };
  return new Promise((resolve) => {
    get({ ...options, headers: { authorization: `Bearer ${token}` } }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 200));
      response.on('error', () => resolve(false));
    })
      .on('timeout', function (this: { destroy(): unknown }) {
        this.destroy();
      })
      .on('error', () => resolve(false));
  });
}
