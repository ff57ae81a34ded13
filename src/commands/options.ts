// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from 'commander';
import { integerBetween } from './command.ts';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Where images are in a registry of one's own. */
export function addRegistryOption(command: Command, what: string): Command {
  return command.option('--registry <host>', what);
}

/** The options that say where nodes get the images from; each stands for a key of the config file. */
export function addImageOptions(command: Command): Command {
  const what = 'take all images from this registry, or a path in it: HOST or HOST/PATH';
  return addRegistryOption(command, what).option(
    '--image-pull-secret <name>',
    'Secret that images are pulled with; may be given again',
    collect,
  );
}

/** The options that choose what is deployed; each stands for a key of the config file. */
export function addStackOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--provider <name>', 'where the node runs').choices(['auto', 'baremetal', 'alibaba', 'aws', 'local']),
    )
    .addOption(
      new Option('--backend <name>', 'what stands behind the virtio rings').choices([
        'auto',
        'dpdk-vdpa',
        'vhost-vdpa',
        'testpmd',
      ]),
    )
    .addOption(new Option('--devices <n>', 'virtual devices to offer').argParser(integerBetween(1, 16)))
    .addOption(new Option('--wire <kind>', 'what stands in for the NIC').choices(['memif', 'af_packet', 'null']))
    .option('--interface <name>', 'interface for the wire (af_packet)');
}
