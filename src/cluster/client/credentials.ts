// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { errnoOf, messageOf, VdpaError } from '../../errors/vdpa-error.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { type PluginCredential, runExecPlugin } from './exec-plugin.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import type { UserEntry } from './kubeconfig-schema.ts';

/** What a request carries to say who it is from. */
export interface Credential {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

/** kubelet renews the token file of a pod long before it expires. */
const tokenFileAgeMs = 60_000;
/** A credential that is about to expire may have expired when the request arrives. */
const leewayMs = 10_000;

/** The credentials of one user of one cluster, asked for and kept as their kind wants it. */
export class Credentials {
  readonly #access: ClusterAccess;
  readonly #env: NodeJS.ProcessEnv;
  readonly #impersonation: Credential['headers'];
  #kept: { readonly credential: Credential; readonly until: number } | null = null;
  #asking: Promise<Credential> | null = null;

  constructor(access: ClusterAccess, options: ClusterOptions, env: NodeJS.ProcessEnv) {
    this.#access = access;
    this.#env = env;
    this.#impersonation = impersonation(access.user, options);
  }

  /** @throws VdpaError VDPA-CLUSTER-004 when there is none to be had, VDPA-CLUSTER-001 when a file of it is missing. */
  async get(signal?: AbortSignal): Promise<Credential> {
    if (this.#kept !== null && Date.now() < this.#kept.until) return this.#kept.credential;
    // Many requests may want it at once, and the plugin may take its time. Whoever gives up takes it from no other.
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return signal === undefined ? this.#asking : unlessAborted(this.#asking, signal);
  }

  /** After the API server did not take it: whether asking again may give another one. */
  drop(): boolean {
    this.#kept = null;
    const { exec, tokenFile } = this.#access.user;
    return (exec !== undefined && exec !== null) || tokenFile !== undefined;
  }

  async #ask(): Promise<Credential> {
    const { user, cluster } = this.#access;
    let until = Number.POSITIVE_INFINITY;
    let plugin: PluginCredential | null = null;
    if (user.exec) {
      plugin = await runExecPlugin(user.exec, cluster, this.#env);
      if (plugin.expires !== null) until = plugin.expires - leewayMs;
    } else if (user.tokenFile !== undefined) {
      until = Date.now() + tokenFileAgeMs;
    }
    const credential = {
      headers: { ...authorization(user, plugin), ...this.#impersonation },
      ...certificate(user, plugin),
    };
    this.#kept = { credential, until };
    return credential;
  }
}

async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function authorization(user: UserEntry, plugin: PluginCredential | null): Record<string, string> {
  const bearer = plugin?.token ?? tokenOf(user);
  if (bearer !== null) return { authorization: `Bearer ${bearer}` };
  if (user.username === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}` };
}

/** A token file goes before a token, as it does for kubectl. */
function tokenOf(user: UserEntry): string | null {
  if (user.tokenFile !== undefined) return readCredentialFile(user.tokenFile).toString('utf8').trim();
  if (user.token !== undefined) return user.token;
  const provider = user['auth-provider'];
  if (!provider) return null;
  // Such a user has what kubectl got last. vdpactl renews nothing: every provider has a credential plugin by now.
  const token = provider.config?.['id-token'] ?? provider.config?.['access-token'];
  if (token !== undefined) return token;
  throw new VdpaError('VDPA-CLUSTER-004', `the auth-provider ${provider.name} of the kubeconfig holds no token`, {
    next: 'use a credential plugin (exec) or a token; auth-provider is gone from Kubernetes itself since 1.26',
  });
}

function certificate(user: UserEntry, plugin: PluginCredential | null): Pick<Credential, 'cert' | 'key'> {
  if (plugin?.certificate) return plugin.certificate;
  const cert = dataOrFile(user['client-certificate-data'], user['client-certificate']);
  const key = dataOrFile(user['client-key-data'], user['client-key']);
  return cert === null || key === null ? {} : { cert, key };
}

/** base64 in the kubeconfig, which goes before a file that it names. */
export function dataOrFile(data: string | undefined, file: string | undefined): Buffer | null {
  if (data !== undefined) return Buffer.from(data, 'base64');
  return file === undefined ? null : readCredentialFile(file);
}

function readCredentialFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new VdpaError(
      'VDPA-CLUSTER-001',
      `a file that the kubeconfig names cannot be read (${errnoOf(error) ?? messageOf(error)})`,
      {
        where: file,
        next: 'put it there, or name another context with --context',
      },
    );
  }
}

/** `--as` and `--as-group` go before what the kubeconfig says. */
function impersonation(user: UserEntry, options: ClusterOptions): Credential['headers'] {
  const named = options.as ?? user.as;
  const groups = options.asGroup ?? (options.as === undefined ? user['as-groups'] : []);
  if (named === undefined) {
    if (groups.length === 0) return {};
    throw new VdpaError('VDPA-USAGE-001', '--as-group needs --as', { next: 'say with --as who the groups are of' });
  }
  const extra = options.as === undefined ? Object.entries(user['as-user-extra'] ?? {}) : [];
  const uid = options.as === undefined ? user['as-uid'] : undefined;
  return {
    'impersonate-user': named,
    ...(groups.length === 0 ? {} : { 'impersonate-group': groups }),
    ...(uid === undefined ? {} : { 'impersonate-uid': uid }),
    ...Object.fromEntries(extra.map(([key, values]) => [`impersonate-extra-${encodeURIComponent(key)}`, values])),
  };
}
