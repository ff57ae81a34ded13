// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type RunResult, run } from '../../../src/process/run.ts';
import { cliPath } from '../../local/helpers/cli.ts';
import type { LabCluster } from '../lab-cluster.ts';
import { namespace, workloadNamespace } from './pods.ts';

export interface Patience {
  /** How long a command may take, ms. */
  readonly commandMs: number;
  /** How often it is waited for 50 s that something is ready. */
  readonly tries: number;
}

/** Somebody with a cluster, a folder with a config file, and the built command line. */
export class ClusterUser {
  readonly cluster: LabCluster;
  readonly folder = mkdtempSync(join(tmpdir(), 'vdpactl-e2e-'));
  readonly #patience: Patience;

  constructor(cluster: LabCluster, settings: object, patience: Patience = { commandMs: 300_000, tries: 4 }) {
    this.cluster = cluster;
    this.#patience = patience;
    writeFileSync(join(this.folder, 'vdpactl.yaml'), JSON.stringify(settings));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The built command line, as a user runs it. */
  vdpactl(...args: readonly string[]): Promise<RunResult> {
    const env = { PATH: process.env['PATH'], HOME: this.folder, KUBECONFIG: this.cluster.server.kubeconfig };
    return run(process.execPath, [cliPath, ...args], { cwd: this.folder, env, timeoutMs: this.#patience.commandMs });
  }

  /** A command that must succeed; answers its JSON. */
  async json(...args: readonly string[]): Promise<unknown> {
    const result = await this.vdpactl(...args, '-o', 'json');
    if (result.exitCode !== 0) throw new Error(`vdpactl ${args.join(' ')}: ${result.all}\n${await this.situation()}`);
    return JSON.parse(result.stdout);
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.cluster.kubectl.ok(...args);
  }

  /** As a pod's own user sees it. */
  inWorkload(pod: string, ...command: readonly string[]): Promise<string> {
    return this.kubectl('-n', workloadNamespace, 'exec', pod, '--', ...command);
  }

  /** Makes a pod and waits until it is ready. */
  async startPod(pod: object, inNamespace: string, name: string): Promise<void> {
    expect(await this.cluster.kubectl.apply(JSON.stringify(pod))).toMatchObject({ exitCode: 0, stderr: '' });
    await this.ready(`pod/${name}`, inNamespace);
  }

  /** With patience: on a machine whose CPUs are polled, a program that starts gets what is left. */
  async ready(what: string, inNamespace: string): Promise<void> {
    let said = '';
    for (let tries = 0; tries < this.#patience.tries; tries++) {
      const args = ['-n', inNamespace, 'wait', '--for=condition=Ready', what, '--timeout=50s'];
      const result = await this.cluster.kubectl.run(...args);
      if (result.exitCode === 0) return;
      said = result.all;
    }
    throw new Error(`${said}\n${await this.situation()}`);
  }

  /** The only pod of a component of the stack. */
  podOf(component: string): Promise<string> {
    const selector = `app.kubernetes.io/component=${component}`;
    return this.kubectl('-n', namespace, 'get', 'pod', '-l', selector, '-o', 'jsonpath={.items[0].metadata.name}');
  }

  /** What runs where, and what has happened: for the message of a failing test. */
  async situation(): Promise<string> {
    const { stdout } = await this.cluster.kubectl.run('get', 'pods', '-A', '-o', 'wide');
    const events = await this.cluster.kubectl.run('get', 'events', '-A', '--sort-by=.lastTimestamp');
    return `${stdout}\n${events.stdout.split('\n').slice(-25).join('\n')}`;
  }
}
