// SPDX-License-Identifier: Apache-2.0
import { type BackendCounters, backendStateSchema, type SideCounters } from '../../contract/backend-spec.ts';
import type { Family, Labels, Sample } from './exposition.ts';

/** One device, for the metrics. */
export interface DeviceFacts {
  readonly device: string;
  readonly backend: string;
  readonly state: string;
  readonly attached: boolean;
  readonly restarts: number;
  /** null: nothing is counted of it. */
  readonly counters: BackendCounters | null;
}

const states: readonly string[] = backendStateSchema.options;

/** Where DPDK counts packets that it did not pass on, and what the reason is called. */
const drops = [
  ['missed', 'rxMissed'],
  ['receive-error', 'rxErrors'],
  ['no-buffer', 'rxNoBuffer'],
  ['transmit-error', 'txErrors'],
] as const satisfies readonly (readonly [string, keyof SideCounters])[];

/** What is known of the devices of a node. Counters begin anew with each process of a backend, as Prometheus expects. */
export function deviceFamilies(devices: readonly DeviceFacts[]): Family[] {
  return [
    {
      name: 'vdpactl_devices',
      help: 'Devices that this node offers, by the state of what stands behind them.',
      type: 'gauge',
      samples: states.map((state) => ({
        labels: { state },
        value: devices.filter((device) => device.state === state).length,
      })),
    },
    perDevice(devices, 'vdpactl_device_up', 'Whether traffic can flow through the device.', 'gauge', (device) =>
      Number(device.state === 'running'),
    ),
    perDevice(devices, 'vdpactl_device_attached', 'Whether a pod has the device.', 'gauge', ({ attached }) =>
      Number(attached),
    ),
    perDevice(
      devices,
      'vdpactl_backend_restarts_total',
      'How often the backend of the device ended without being asked to.',
      'counter',
      ({ restarts }) => restarts,
    ),
    perDevice(
      devices,
      'vdpactl_device_connected',
      'Whether the backend is connected to a workload.',
      'gauge',
      ({ counters }) => (counters?.connected == null ? null : Number(counters.connected)),
    ),
    bySide(devices, 'received', 'packets', 'rxPackets'),
    bySide(devices, 'transmitted', 'packets', 'txPackets'),
    bySide(devices, 'received', 'bytes', 'rxBytes'),
    bySide(devices, 'transmitted', 'bytes', 'txBytes'),
    {
      name: 'vdpactl_device_dropped_packets_total',
      help: 'Packets that were lost on a side of the backend, by reason.',
      type: 'counter',
      samples: sides(devices).flatMap(({ labels, counters }) =>
        drops.flatMap(([reason, key]) => sample({ ...labels, reason }, counters[key])),
      ),
    },
  ];
}

function perDevice(
  devices: readonly DeviceFacts[],
  name: string,
  help: string,
  type: Family['type'],
  countOf: (device: DeviceFacts) => number | null,
): Family {
  const samples = devices.flatMap((each) => sample({ device: each.device, backend: each.backend }, countOf(each)));
  return { name, help, type, samples };
}

function bySide(devices: readonly DeviceFacts[], way: string, unit: string, key: keyof SideCounters): Family {
  return {
    name: `vdpactl_device_${way}_${unit}_total`,
    help: `${unit === 'bytes' ? 'Bytes' : 'Packets'} that the backend has ${way} on its side to the wire or the workload.`,
    type: 'counter',
    samples: sides(devices).flatMap(({ labels, counters }) => sample(labels, counters[key])),
  };
}

function sides(devices: readonly DeviceFacts[]): { labels: Labels; counters: SideCounters }[] {
  return devices.flatMap(({ device, counters }) =>
    (['wire', 'workload'] as const).flatMap((side) => {
      const counted = counters?.[side] ?? null;
      return counted === null ? [] : [{ labels: { device, side }, counters: counted }];
    }),
  );
}

function sample(labels: Labels, value: number | null): Sample[] {
  return value === null ? [] : [{ labels, value }];
}
