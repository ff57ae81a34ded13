// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type RunResult, run } from '../../src/process/run.ts';

const timeoutMs = 60_000;

/** The real kubectl with the kubeconfig of one user. It keeps its cache beside that file. */
export class Kubectl {
  readonly #program: string;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(bin: string, kubeconfig: string) {
    this.#program = join(bin, 'kubectl');
    this.#environment = { PATH: process.env['PATH'], HOME: dirname(kubeconfig), KUBECONFIG: kubeconfig };
  }

  /** Runs a command to its end, whatever that is. */
  run(...args: readonly string[]): Promise<RunResult> {
    return run(this.#program, args, { env: this.#environment, timeoutMs });
  }

  /** Runs a command that must succeed, and answers its standard output. */
  async ok(...args: readonly string[]): Promise<string> {
    const result = await this.run(...args);
    if (result.exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${result.all}${result.failure ?? ''}`);
    return result.stdout;
  }

  /** Server-side apply of a text with YAML documents or JSON, with strict validation. */
  apply(manifests: string, ...args: readonly string[]): Promise<RunResult> {
    return withFile(manifests, (file) => this.run('apply', '--server-side', '--validate=strict', ...args, '-f', file));
  }

  /** What the server keeps of the objects that a text names. */
  async get(manifests: string, ...args: readonly string[]): Promise<string> {
    return withFile(manifests, (file) => this.ok('get', ...args, '-f', file));
  }
}

async function withFile<T>(content: string, use: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'vdpactl-apply-'));
  try {
    const file = join(folder, 'manifests.yaml');
    writeFileSync(file, content);
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
