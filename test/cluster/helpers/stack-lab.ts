// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../../../src/config/config-schema.ts';
import type { NodeReport } from '../../../src/platform/node-report.ts';
import { schemaVersion } from '../../../src/schema-version.ts';
import { cliPath, type RunningProgram, type RunResult, startProgram } from '../../local/helpers/cli.ts';
import { type SimulatedCluster, type SimulatedClusterOptions, startSimulatedCluster } from '../simulated-cluster.ts';
import { ChaosProxy } from './chaos-proxy.ts';
import { type ClusterState, clusterState, stateDifferences } from './cluster-state.ts';
import { StackHost } from './stack-host.ts';

export interface StackLabOptions extends Omit<SimulatedClusterOptions, 'nodes'> {
  readonly reports: readonly NodeReport[];
  /** The config file. */
  readonly config: object;
  /** How long a pod takes to become ready, ms. */
  readonly afterMs?: number;
}

export interface CliOptions {
  /** Through the proxy, as administrator, unless given. */
  readonly kubeconfig?: string;
  /** Arguments of Node.js. */
  readonly node?: readonly string[];
  readonly hangMs?: number;
}

/** A simulated cluster with a proxy in front of it, and the built command line in a folder with a config file. */
export class StackLab {
  readonly cluster: SimulatedCluster;
  readonly proxy: ChaosProxy;
  readonly hosts: readonly StackHost[];
  /** Where the command line runs: `vdpactl.yaml` and `reports.json`. */
  readonly folder: string;

  private constructor(cluster: SimulatedCluster, proxy: ChaosProxy, hosts: readonly StackHost[], folder: string) {
    this.cluster = cluster;
    this.proxy = proxy;
    this.hosts = hosts;
    this.folder = folder;
  }

  static async start({ reports, config, afterMs = 0, ...options }: StackLabOptions): Promise<StackLab> {
    const hosts = reports.map((report) => new StackHost(report, { config: configSchema.parse(config), afterMs }));
    const cluster = await startSimulatedCluster({ ...options, nodes: hosts });
    try {
      const proxy = await ChaosProxy.start(cluster.server);
      const folder = mkdtempSync(join(tmpdir(), 'vdpactl-stack-'));
      const lab = new StackLab(cluster, proxy, hosts, folder);
      // Nothing of the machine's own user counts.
      mkdirSync(join(folder, 'home'));
      lab.configure(config);
      lab.report(reports);
      return lab;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  configure(config: object): void {
    writeFileSync(join(this.folder, 'vdpactl.yaml'), JSON.stringify(config, null, 2));
  }

  report(reports: readonly NodeReport[]): void {
    const nodes = reports.map((report) => ({ ...report, decision: {} }));
    writeFileSync(join(this.folder, 'reports.json'), JSON.stringify({ schemaVersion, nodes }));
  }

  start(
    args: readonly string[],
    { kubeconfig = this.proxy.kubeconfig, node = [], hangMs }: CliOptions = {},
  ): RunningProgram {
    const env = { PATH: process.env['PATH'], HOME: join(this.folder, 'home'), KUBECONFIG: kubeconfig };
    return startProgram([process.execPath, ...node, cliPath, ...args], {
      ...{ cwd: this.folder, env },
      ...(hangMs === undefined ? {} : { hangMs }),
    });
  }

  run(args: readonly string[], options: CliOptions = {}): Promise<RunResult> {
    return this.start(args, options).ended;
  }

  /** From saved reports: no pod has to probe first. */
  deploy(...more: readonly string[]): Promise<RunResult> {
    return this.run([...deployArguments, ...more]);
  }

  destroy(...more: readonly string[]): Promise<RunResult> {
    return this.run([...destroyArguments, ...more]);
  }

  state(): Promise<ClusterState> {
    return clusterState(this.cluster.client);
  }

  /** The state once the controllers have nothing more to do. Throws when that does not come. */
  async settledState(timeoutMs = 60_000): Promise<ClusterState> {
    const deadline = performance.now() + timeoutMs;
    for (let last = await this.state(); ; ) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const now = await this.state();
      const changed = stateDifferences(last, now);
      if (changed.length === 0) return now;
      if (performance.now() > deadline) throw new Error(`the cluster does not settle:\n${changed.join('\n')}`);
      last = now;
    }
  }

  /**
   * What differs from an earlier state, host residue included, once controllers had a moment to do what they do after an
   * object is gone.
   */
  async differences(before: ClusterState, timeoutMs = 10_000): Promise<string[]> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const hosts = this.hosts.flatMap(({ name, residue }) => [...residue].map((path) => `left on ${name}: ${path}`));
      const found = [...stateDifferences(before, await this.state()), ...hosts];
      if (found.length === 0 || performance.now() > deadline) return found;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    await this.cluster.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const deployArguments = ['deploy', '--target', 'kubernetes', '--from', 'reports.json', '--progress', 'plain'];
export const destroyArguments = ['destroy', '--target', 'kubernetes', '--progress', 'plain'];
