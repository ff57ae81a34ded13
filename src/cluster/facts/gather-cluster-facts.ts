// SPDX-License-Identifier: Apache-2.0
import type { ClusterFacts, DeployedStack, UnreadPart } from '../../check/cluster/cluster-facts.ts';
import type { Config } from '../../config/config-schema.ts';
import { messageOf } from '../../errors/vdpa-error.ts';
import { version } from '../../version.ts';
import { ApiError } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { unlessMissing } from '../objects/live-object.ts';
import { requiredPermissions } from '../rbac/required-rules.ts';
import { readInventory } from '../stack/inventory.ts';
import type { PlannedNode } from '../stack/stack-plan.ts';
import { askPermissions } from './ask-permissions.ts';
import { findMultus } from './find-multus.ts';
import { missingNamespaces } from './missing-namespaces.ts';
import { readClusterNodes } from './read-nodes.ts';
import { serverVersion } from './server-version.ts';
import { stalePluginPods } from './stale-plugin-pods.ts';

/**
 * Asks a cluster for what its checks judge. Changes nothing. What the user may not read is left out and named, so that the
 * check of their rights can still say so.
 * @throws VdpaError VDPA-CLUSTER-002, -004 and -005 when there is nobody to ask.
 */
export async function gatherClusterFacts(
  client: KubeClient,
  config: Config,
  signal: AbortSignal,
): Promise<ClusterFacts> {
  const unread: { part: UnreadPart; why: string }[] = [];
  const orElse = async <Answer, Other>(part: UnreadPart, work: Promise<Answer>, other: Other) => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 401) throw error;
      unread.push({ part, why: messageOf(error) });
      return other;
    }
  };
  const { namespace, multus: install } = config.kubernetes;
  const [found, multus, hasNetworkAttachments, permissions] = await Promise.all([
    orElse('stack', readStack(client, namespace, signal), null),
    orElse('multus', findMultus(client, signal), null),
    orElse('multus', knowsNetworks(client, signal), false),
    orElse('permissions', ownPermissions(client, config, signal), []),
  ]);
  const nodes = await orElse('nodes', readClusterNodes(client, found?.planned ?? [], signal), []);
  return {
    serverVersion: await serverVersion(client, signal),
    ...{ multus, hasNetworkAttachments, permissions, nodes, unread },
    mayInstallMultus: install !== 'present',
    stack: found?.stack ?? null,
    cliVersion: version,
  };
}

interface FoundStack {
  readonly stack: DeployedStack;
  readonly planned: readonly PlannedNode[];
}

async function readStack(client: KubeClient, namespace: string, signal: AbortSignal): Promise<FoundStack | null> {
  const found = await readInventory(client, namespace, signal);
  if (found.kind === 'none') return null;
  const stack = { stalePluginPods: await stalePluginPods(client, namespace, signal) };
  if (found.kind === 'damaged') return { stack: { ...stack, version: null }, planned: [] };
  const { version: by, plan } = found.inventory;
  return { stack: { ...stack, version: by }, planned: plan.nodes };
}

async function knowsNetworks(client: KubeClient, signal: AbortSignal): Promise<boolean> {
  return (await unlessMissing(client.request({ path: '/apis/k8s.cni.cncf.io/v1', signal }))) !== null;
}

async function ownPermissions(client: KubeClient, config: Config, signal: AbortSignal) {
  const missing = await missingNamespaces(client, config, signal);
  return askPermissions(client, requiredPermissions(config, { missingNamespaces: missing }), signal);
}
