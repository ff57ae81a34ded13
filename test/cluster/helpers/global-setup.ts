// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startApiServer } from '../api-server.ts';
import { prepareCluster } from '../lab-cluster.ts';
import { labTools } from './lab-tools.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The API server of this run: the folder of its programs and the kubeconfig of an administrator. */
    readonly cluster: {
      readonly bin: string;
      readonly kubeconfig: string;
      /** Why no controllers run here; null: they can. */
      readonly whyNoControllers: string | null;
      /** Why no node runs here; null: one can. */
      readonly whyNoNode: string | null;
      /** The SR-IOV network device plugin, and why it cannot run here; null: it can. */
      readonly devicePlugin: { readonly program: string; readonly missing: string | null };
      /** The programs in Multus' image, and why there are none; null: there are. */
      readonly multus: { readonly programs: readonly string[]; readonly missing: string | null };
    };
  }
}

/** One API server for all files: each uses names of its own. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const tools = await labTools('etcd', 'kube-apiserver', 'kubectl');
  // test/labs/cluster.lab.sh asks first, and skips.
  if ('missing' in tools) throw new Error(tools.missing);
  // Everything is built before the first test, whose time is limited.
  const whyNoNode = await prepareCluster();
  if (whyNoNode !== null) process.stderr.write(`cluster: no test of a node: ${whyNoNode}\n`);
  const controllers = await labTools('kube-controller-manager', 'kube-scheduler');
  const whyNoControllers = 'missing' in controllers ? controllers.missing : null;
  if (whyNoControllers !== null) process.stderr.write(`cluster: no test of a whole stack: ${whyNoControllers}\n`);
  const devicePlugin = await findDevicePlugin();
  if (devicePlugin.missing !== null)
    process.stderr.write(`cluster: no test of the device plugin: ${devicePlugin.missing}\n`);
  const multus = await buildMultus();
  if (multus.missing !== null) process.stderr.write(`cluster: no test of Multus: ${multus.missing}\n`);
  const server = await startApiServer(tools);
  project.provide('cluster', {
    ...{ bin: tools.bin, kubeconfig: server.kubeconfig },
    ...{ whyNoControllers, whyNoNode, devicePlugin, multus },
  });
  return server.stop;
}

/** The one that VDPACTL_SRIOVDP names, or the lab's own. */
async function findDevicePlugin(): Promise<{ readonly program: string; readonly missing: string | null }> {
  if (process.getuid?.() !== 0) return { program: '', missing: 'it needs root' };
  const given = process.env['VDPACTL_SRIOVDP'] ?? '';
  if (given !== '') return { program: given, missing: null };
  const built = await labTools('sriovdp');
  return 'missing' in built
    ? { program: '', missing: built.missing }
    : { program: join(built.bin, 'sriovdp'), missing: null };
}

async function buildMultus(): Promise<{ readonly programs: readonly string[]; readonly missing: string | null }> {
  const programs = ['multus-daemon', 'multus-shim', 'install_multus', 'passthru-cni'] as const;
  const built = await labTools(...programs);
  if ('missing' in built) return { programs: [], missing: built.missing };
  return { programs: programs.map((program) => join(built.bin, program)), missing: null };
}
