// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import { multusName } from '../../templates/kubernetes/names.ts';
import type { OpenedStack } from './open-stack.ts';

/** Whether the stack brought Multus along: then Multus and its configuration on the hosts are the stack's. */
export function hasMultus({ objects }: Pick<OpenedStack, 'objects'>): boolean {
  return objects.some(({ kind, name }) => kind === 'DaemonSet' && name === multusName);
}

/**
 * The config for a stack that is there already. Its nodes report a Multus, which looks like somebody's: where it is the
 * stack's own, it stays in the stack, unless the config says otherwise.
 */
export function keepingMultus(config: Config, stack: Pick<OpenedStack, 'objects'>): Config {
  if (config.kubernetes.multus !== 'auto' || !hasMultus(stack)) return config;
  return { ...config, kubernetes: { ...config.kubernetes, multus: 'install' } };
}
