// SPDX-License-Identifier: Apache-2.0
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../src/errors/vdpa-error.ts';
import { isLock, takeLockWithin } from '../../src/process/kernel-lock.ts';
import { hostPaths } from '../../src/templates/kubernetes/host-paths.ts';
import { nodeAddressVariable } from '../contract/node-page.ts';
import { runDir } from '../contract/run-dir.ts';
import { startNodeAgent } from './node-agent.ts';
import { serveAgent } from './serve.ts';

/** How long a predecessor that was killed may take to be gone altogether, ms. */
const lockWaitMs = 2_000;

const [root, option, configFile] = process.argv.slice(2);
const log = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};

if (root === undefined || (option !== undefined && (option !== '--node' || configFile === undefined))) {
  // --node: on a node of a cluster, which is as the config file says.
  process.stderr.write('usage: agent RUN_DIR [--node CONFIG]\n');
  process.exit(2);
}
const lock = await takeLockWithin(`agent:${root}`, String(process.pid), lockWaitMs);
if (!isLock(lock)) {
  log(`another agent has ${root} (process ${lock.heldBy ?? 'unknown'})`);
  process.exit(5);
}

const dir = runDir(root);
let agent: { stop(): void | Promise<void> };
try {
  agent = configFile === undefined ? await serveAgent(dir) : await startOnNode(configFile);
  if (configFile === undefined) log(`listening on ${dir.grpcSocket}`);
} catch (error) {
  log(`cannot serve in ${dir.root}: ${messageOf(error)}`);
  process.exit(70);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => void end(signal));
}

async function end(signal: string): Promise<void> {
  log(`${signal}: ending`);
  await agent.stop();
  process.exit(0);
}

/** The programs that came with the agent are beside its bundle, unless the environment says where. */
function startOnNode(config: string) {
  const { env } = process;
  const beside = (name: string) => join(dirname(fileURLToPath(import.meta.url)), name);
  return startNodeAgent({
    dir,
    configFile: config,
    env,
    log,
    cniBinary: env['VDPA_CNI_BINARY'] ?? beside('vdpa'),
    cniFolder: hostPaths.cniBinaries,
    mountProgram: env['VDPA_MOUNT'] ?? beside('vdpa-mount'),
    devicePlugins: hostPaths.devicePlugins,
    podResources: join(hostPaths.podResources, 'kubelet.sock'),
    shownAt: env[nodeAddressVariable] ?? null,
  });
}
