// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../config/config-schema.ts';
import type { ConfigOverrides } from '../config/overrides.ts';
import type { StackRequest } from '../local/plan-stack.ts';
import type { Context } from './command.ts';

/** The options from which a config is made, as commander gives them. */
export interface ConfigOptions {
  readonly config?: string;
  readonly provider?: Config['provider'];
  readonly backend?: Config['backend'];
  readonly devices?: number;
  readonly wire?: Config['local']['wire'];
  readonly interface?: string;
  readonly registry?: string;
  readonly imagePullSecret?: readonly string[];
}

/** The config file with the command line on top, and where the stack lives. */
export async function loadRequest(
  context: Context,
  options: ConfigOptions & { readonly runDir: string; readonly target?: 'machine' },
): Promise<StackRequest> {
  const { config, set } = await loadCommandConfig(context, options);
  const { resolve } = await import('node:path');
  return { runDir: resolve(context.cwd, options.runDir), config, set, env: context.env, target: options.target };
}

export async function loadCommandConfig(
  context: Context,
  options: ConfigOptions,
  bench: ConfigOverrides['bench'] = {},
): Promise<{ config: Config; set: readonly string[] }> {
  const { loadConfig } = await import('../config/load-config.ts');
  const flags = {
    provider: options.provider,
    backend: options.backend,
    local: {
      devices: options.devices,
      wire: options.wire ?? (options.interface === undefined ? undefined : ('af_packet' as const)),
      interface: options.interface,
    },
    kubernetes: {
      images: {
        registry: options.registry,
        pullSecrets: options.imagePullSecret === undefined ? undefined : [...options.imagePullSecret],
      },
    },
    bench,
  };
  const names = {
    ...(options.wire === undefined ? { 'local.wire': '--interface' } : {}),
    'kubernetes.images.pullSecrets': '--image-pull-secret',
    'bench.durationSeconds': '--duration',
    'bench.warmupSeconds': '--warmup',
  } as const;
  return loadConfig({ path: options.config ?? null, cwd: context.cwd, overrides: flags, flags: names });
}
