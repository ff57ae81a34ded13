// SPDX-License-Identifier: Apache-2.0
import type { Check } from './check.ts';
import { argumentChecks } from './checks/arguments.ts';
import { clusterChecks } from './checks/cluster.ts';
import { cpuChecks } from './checks/cpu.ts';
import { deviceChecks } from './checks/devices.ts';
import { dpdkChecks } from './checks/dpdk.ts';
import { enaChecks } from './checks/ena.ts';
import { fileChecks } from './checks/files.ts';
import { iommuChecks } from './checks/iommu.ts';
import { kernelChecks } from './checks/kernel.ts';
import { machineChecks } from './checks/machine.ts';
import { manifestChecks } from './checks/manifests.ts';
import { memoryChecks } from './checks/memory.ts';
import { networkChecks } from './checks/network.ts';
import { networkObjectChecks } from './checks/networks.ts';
import { podNetworkChecks } from './checks/pod-networks.ts';
import { podChecks } from './checks/pods.ts';
import { poolDeviceChecks } from './checks/pool-devices.ts';
import { poolValueChecks } from './checks/pool-values.ts';
import { poolChecks } from './checks/pools.ts';

/**
 * Every check, in the order in which they are shown; those of a category stand together. docs/checks.md is made from
 * this table.
 */
export const checks: readonly Check[] = [
  ...machineChecks,
  ...dpdkChecks,
  ...deviceChecks,
  ...iommuChecks,
  ...kernelChecks,
  ...memoryChecks,
  ...cpuChecks,
  ...networkChecks,
  ...enaChecks,
  ...fileChecks,
  ...manifestChecks,
  ...argumentChecks,
  ...poolChecks,
  ...poolDeviceChecks,
  ...poolValueChecks,
  ...networkObjectChecks,
  ...podNetworkChecks,
  ...podChecks,
  ...clusterChecks,
];
