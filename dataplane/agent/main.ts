// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { isLock, takeLock } from '../../src/process/kernel-lock.ts';
import { loadServices } from '../contract/grpc.ts';
import { runDir } from '../contract/run-dir.ts';
import { AttachmentStore } from './attachment-store.ts';
import { nodeService } from './node-service.ts';
import { vdpaDpdkService } from './vdpa-dpdk-service.ts';

const root = process.argv[2];
const log = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};

if (root === undefined) {
  process.stderr.write('usage: agent RUN_DIR\n');
  process.exit(2);
}
const lock = await takeLock(`agent:${root}`, String(process.pid));
if (!isLock(lock)) {
  log(`another agent has ${root} (process ${lock.heldBy ?? 'unknown'})`);
  process.exit(5);
}

const dir = runDir(root);
const store = new AttachmentStore(dir);
store.sweep();
const services = loadServices();
const server = new Server({ 'grpc.enable_channelz': 0 });
server.addService(services.vdpaDpdk.service, vdpaDpdkService(dir));
server.addService(services.node.service, nodeService(dir, store));

// The lock says that no other agent is alive, so a socket that is there was left by one that was killed.
rmSync(dir.grpcSocket, { force: true });
// The socket is made with this mask: mode 0600 from its first moment, not some time later.
process.umask(0o177);
server.bindAsync(`unix://${dir.grpcSocket}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) {
    log(`cannot listen on ${dir.grpcSocket}: ${error.message}`);
    process.exit(70);
  }
  process.umask(0o022);
  log(`listening on ${dir.grpcSocket}`);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    log(`${signal}: ending`);
    server.forceShutdown();
    rmSync(dir.grpcSocket, { force: true });
    process.exit(0);
  });
}
