// SPDX-License-Identifier: Apache-2.0
import type { Config } from './config-schema.ts';

declare const __DEFAULT_CONFIG__: Config | undefined;

/**
 * The config of who sets nothing. The build puts in what the schema says, so that a command without a config file does not
 * load a validator for it.
 */
export async function defaultConfig(): Promise<Config> {
  if (typeof __DEFAULT_CONFIG__ !== 'undefined') return structuredClone(__DEFAULT_CONFIG__);
  const { configSchema } = await import('./config-schema.ts');
  return configSchema.parse({});
}
