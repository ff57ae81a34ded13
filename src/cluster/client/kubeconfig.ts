// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { errnoOf, messageOf, VdpaError } from '../../errors/vdpa-error.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { inClusterKubeconfig } from './in-cluster.ts';
import {
  type ClusterEntry,
  type Kubeconfig,
  kubeconfigSchema,
  type UserEntry,
  userSchema,
} from './kubeconfig-schema.ts';

/** One cluster and one user of it, as the kubeconfig files have them. Paths in it are absolute. */
export interface ClusterAccess {
  /** The name of the context; `in-cluster` in a pod without a kubeconfig. */
  readonly context: string;
  readonly server: URL;
  readonly cluster: ClusterEntry;
  readonly userName: string;
  readonly user: UserEntry;
  /** The namespace of the context. */
  readonly namespace: string | null;
}

const noUser: UserEntry = userSchema.parse({});

/**
 * Finds the kubeconfig files as kubectl does (`--kubeconfig`, else KUBECONFIG, else ~/.kube/config, else the service
 * account of the pod that this runs in), merges them, and picks the context.
 * @throws VdpaError VDPA-CLUSTER-001 when they do not lead to a cluster.
 */
export function loadAccess(options: ClusterOptions, env: NodeJS.ProcessEnv, cwd: string): ClusterAccess {
  const files = kubeconfigFiles(options, env, cwd);
  const merged = merge(files.map(readKubeconfig));
  const inCluster = merged.contexts.length === 0 && options.context === undefined ? inClusterKubeconfig(env) : null;
  return pick(inCluster ?? merged, options.context, files);
}

/** The files to read; of a list in KUBECONFIG those that exist. */
function kubeconfigFiles(options: ClusterOptions, env: NodeJS.ProcessEnv, cwd: string): string[] {
  if (options.kubeconfig !== undefined) return [resolve(cwd, options.kubeconfig)];
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  const candidates =
    listed.length > 0 ? listed.map((file) => resolve(cwd, file)) : [join(env['HOME'] ?? homedir(), '.kube', 'config')];
  return candidates.filter((file) => existsSync(file));
}

function readKubeconfig(file: string): Kubeconfig {
  const next = 'name another file with --kubeconfig, or the environment variable KUBECONFIG';
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why = errnoOf(error) ?? messageOf(error);
    throw new VdpaError('VDPA-CLUSTER-001', `the kubeconfig cannot be read (${why})`, { where: file, next });
  }
  let content: unknown;
  try {
    content = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    // The parser quotes the line, which may hold a token.
    const why = messageOf(error).split('\n')[0]?.replace(/:$/, '') ?? '';
    throw new VdpaError('VDPA-CLUSTER-001', `the kubeconfig is not valid YAML: ${why}`, { where: file, next });
  }
  const parsed = kubeconfigSchema.safeParse(content ?? {});
  if (!parsed.success) {
    const details = parsed.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new VdpaError('VDPA-CLUSTER-001', 'the kubeconfig is not one', { where: file, next, details });
  }
  return withAbsolutePaths(parsed.data, dirname(file));
}

/** Paths in a kubeconfig are relative to the file that they stand in; a command without a slash is looked up in PATH. */
function withAbsolutePaths(config: Kubeconfig, folder: string): Kubeconfig {
  const at = (path: string | undefined) => (path === undefined ? undefined : resolve(folder, path));
  return {
    ...config,
    clusters: config.clusters.map(({ name, cluster }) => ({
      name,
      cluster: { ...cluster, 'certificate-authority': at(cluster['certificate-authority']) },
    })),
    users: config.users.map(({ name, user }) => ({
      name,
      user: {
        ...(user ?? noUser),
        'client-certificate': at(user?.['client-certificate']),
        'client-key': at(user?.['client-key']),
        tokenFile: at(user?.tokenFile),
        exec:
          user?.exec?.command.includes('/') === true
            ? { ...user.exec, command: resolve(folder, user.exec.command) }
            : user?.exec,
      },
    })),
  };
}

/** Of entries with one name, and of the current context, the first file counts. */
function merge(configs: readonly Kubeconfig[]): Kubeconfig {
  const first = <Item extends { readonly name: string }>(items: readonly Item[]): Item[] => [
    ...new Map([...items].reverse().map((item) => [item.name, item])).values(),
  ];
  return {
    'current-context': configs.map((config) => config['current-context']).find((name) => name !== undefined),
    clusters: first(configs.flatMap(({ clusters }) => clusters)),
    users: first(configs.flatMap(({ users }) => users)),
    contexts: first(configs.flatMap(({ contexts }) => contexts)),
  };
}

function pick(config: Kubeconfig, wanted: string | undefined, files: readonly string[]): ClusterAccess {
  const where = files.length === 0 ? undefined : files.join(', ');
  const names = config.contexts.map(({ name }) => name).sort();
  const refuse = (message: string, next: string, entries: readonly string[] = []): never => {
    const details = entries.map((name) => `context ${name}`);
    throw new VdpaError('VDPA-CLUSTER-001', message, { ...(where === undefined ? {} : { where }), next, details });
  };
  if (files.length === 0 && names.length === 0) {
    return refuse(
      'there is no kubeconfig, and this is no pod of a cluster',
      'name the file with --kubeconfig, or the environment variable KUBECONFIG',
    );
  }
  const chosen = wanted ?? config['current-context'];
  const choose = 'choose one with --context; kubectl config get-contexts lists them';
  if (chosen === undefined) return refuse('the kubeconfig has no current context', choose, names);
  const context = config.contexts.find(({ name }) => name === chosen)?.context;
  if (context === undefined) return refuse(`the kubeconfig has no context ${chosen}`, choose, names);
  const cluster = config.clusters.find(({ name }) => name === context.cluster)?.cluster;
  if (cluster?.server === undefined) {
    return refuse(`the context ${chosen} names the cluster ${context.cluster ?? '""'}, which has no server`, choose);
  }
  const user = config.users.find(({ name }) => name === context.user)?.user;
  if (user === undefined && context.user !== undefined) {
    return refuse(`the context ${chosen} names the user ${context.user}, who is not there`, choose);
  }
  const server =
    serverUrl(cluster.server) ?? refuse(`the server of the context ${chosen} is no http or https address`, choose);
  return {
    context: chosen,
    server,
    cluster,
    userName: context.user ?? '',
    user: user ?? noUser,
    namespace: context.namespace ?? null,
  };
}

/** An address without a scheme is one of TLS. */
function serverUrl(text: string): URL | null {
  try {
    const url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url : null;
  } catch {
    return null;
  }
}
