// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../../../src/process/run.ts';
import type { BareNode } from './bare-node.ts';

/** A list of plugins as a runtime has it: a file in its folder of networks. */
export interface Network {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly object[];
}

/** The CNI project's own tool, which calls plugins by its library, as container runtimes do. */
export class Cnitool {
  readonly #node: BareNode;
  readonly #bin: string;

  /** `bin` is the folder of the tool, and of the CNI project's plugins. */
  constructor(node: BareNode, bin: string) {
    this.#node = node;
    this.#bin = bin;
    mkdirSync(this.#networks, { recursive: true });
  }

  define(network: Network): void {
    writeFileSync(join(this.#networks, `${network.name}.conflist`), JSON.stringify(network));
  }

  call(command: 'add' | 'check' | 'del', network: string, sandbox: string, pod: string): Promise<RunResult> {
    return this.#run(command, network, netnsOf(sandbox), {
      CNI_IFNAME: 'net1',
      CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=of-${pod};K8S_POD_UID=${pod}`,
      CAP_ARGS: JSON.stringify({ CNIDeviceInfoFile: `/var/run/k8s.cni.cncf.io/devinfo/cni/${sandbox}-net1.json` }),
    });
  }

  /** What concerns a network and no container. The tool wants a name space all the same. */
  callForAll(command: 'gc' | 'status', network: string): Promise<RunResult> {
    return this.#run(command, network, '/none', {});
  }

  /** What the library remembers of each ADD: DEL, CHECK and GC go by it. */
  forget(): void {
    rmSync(this.#node.path('/var/lib/cni/results'), { recursive: true, force: true });
  }

  #run(command: string, network: string, netns: string, env: NodeJS.ProcessEnv): Promise<RunResult> {
    const paths = { NETCONFPATH: this.#networks, CNI_PATH: `/opt/cni/bin:${this.#bin}` };
    return this.#node.run([join(this.#bin, 'cnitool'), command, network, netns], { ...paths, ...env });
  }

  get #networks(): string {
    return join(this.#node.folder, 'net.d');
  }
}

export const netnsOf = (sandbox: string): string => `/run/netns/${sandbox}`;
