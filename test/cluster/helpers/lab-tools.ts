// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { run } from '../../../src/process/run.ts';

const buildScript = fileURLToPath(new URL('../build.sh', import.meta.url));

/** What build.sh can build. */
export type LabTool =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kubectl'
  | 'multus-daemon'
  | 'multus-shim'
  | 'install_multus'
  | 'passthru-cni'
  | 'sriovdp'
  | 'cnitool'
  | 'host-local'
  | 'static'
  | 'loopback'
  | 'portmap'
  | 'bandwidth'
  | 'sbr'
  | 'tuning'
  | 'whereabouts'
  | 'flanneld'
  | 'flannel';

/** Exit code of build.sh where the machine lacks what it takes. */
const cannotBuild = 3;

/**
 * The folder of real Kubernetes programs, which are built if they are not in the cache yet, or why this machine cannot
 * build them. Throws when one cannot be built that should.
 */
export async function labTools(
  ...tools: readonly LabTool[]
): Promise<{ readonly bin: string } | { readonly missing: string }> {
  const built = await run(buildScript, tools);
  if (built.exitCode === cannotBuild) return { missing: built.stderr.replace(/^cluster: /gm, '').trim() };
  if (built.exitCode !== 0) throw new Error(`${buildScript} ${tools.join(' ')} failed:\n${built.all}`);
  return { bin: built.stdout.trim() };
}
