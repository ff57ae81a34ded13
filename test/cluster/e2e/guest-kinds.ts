// SPDX-License-Identifier: Apache-2.0
import { backendStatusSchema } from '../../../dataplane/contract/backend-spec.ts';
import type { Guest } from '../../hardware/helpers/guest.ts';
import { type DataNic, type Machine, pciAddressOf } from '../../hardware/helpers/machine.ts';
import { startVduseNic } from '../../hardware/helpers/vduse-nic.ts';
import { alibaba, aws, baremetalVdpa } from '../../hardware/machines.ts';

/** A kind of node that the machine which joins can be: what it has, and what shows by which way a pod gets it. */
export interface GuestKind {
  readonly machine: Machine;
  /** The NIC that it has, and the one that comes later. */
  readonly nic: DataNic;
  readonly later: DataNic;
  readonly provider: string;
  readonly backend: string;
  /** Makes of a NIC of the machine what it stands for, and answers how the device of it is called. */
  readonly makeDevice: (guest: Guest, nic: DataNic) => Promise<GuestDevice>;
  /** Who tells kubelet of the devices: a component of the stack, and what it says of it in its log. */
  readonly offeredBy: { readonly component: 'agent' | 'device-plugin'; readonly says: string };
  /** The components of the stack that have pods on it. */
  readonly components: readonly string[];
  /** What a pod finds in its eal.args, and in its network status. */
  readonly attachment: { readonly ealArgs: string; readonly deviceInfo: object };
  /** Whose containers kubelet starts anew when a device comes. */
  readonly startedAnew: readonly string[];
  /** Who counts packets between the wire and the workload. */
  readonly counter: string;
}

export interface GuestDevice {
  readonly name: string;
  /** Its line in the state of the node, before it is prepared (null: it has none) and afterwards. */
  readonly lines: { readonly before: string | null; readonly prepared: string };
  /** The packets that have come from the wire, been with the workload, and gone back to the wire. */
  counted(): Promise<number>;
  /** Takes away what stands for it, as far as it is no NIC of the machine. */
  unmake(): Promise<void>;
}

/** A NIC that testpmd takes over from its driver. */
function onPci(machine: Machine, driver: string): GuestKind {
  return {
    ...asNode(machine),
    provider: machine.name,
    backend: 'testpmd',
    async makeDevice(guest, nic) {
      const name = pciAddressOf(guest.machine, nic);
      const line = (by: string) => `pci ${name} driver ${by} `;
      return {
        name,
        lines: { before: line(driver), prepared: line('vfio-pci') },
        async counted() {
          const text = await guest.get(`cat /run/vdpa/backends/${name}.status.json`);
          const { counters } = backendStatusSchema.parse(JSON.parse(text));
          return Math.min(counters?.wire?.rxPackets ?? 0, counters?.workload?.rxPackets ?? 0);
        },
        async unmake() {},
      };
    },
    offeredBy: { component: 'device-plugin', says: 'New resource server is created for vdpa ResourcePool' },
    components: ['agent', 'backend', 'device-plugin', 'multus'],
    attachment: {
      ealArgs: 'path=/var/run/vdpa/net1/vhost.sock,server=1,',
      deviceInfo: { type: 'vhost-user', 'vhost-user': { mode: 'server' } },
    },
    startedAnew: ['device-plugin'],
    counter: 'testpmd',
  };
}

/** A NIC of which the kernel makes vDPA devices, without a PCI function behind them: a VDUSE program stands for it. */
function inKernel(machine: Machine): GuestKind {
  return {
    ...asNode(machine),
    provider: 'baremetal',
    backend: 'vhost-vdpa',
    async makeDevice(guest, nic) {
      const name = nic.name.replace('data', 'vd');
      const { received, stop } = await startVduseNic(guest, nic.mac, name);
      const lines = { before: null, prepared: `vdpa ${name} driver vhost_vdpa` };
      return { name, lines, counted: received, unmake: stop };
    },
    offeredBy: { component: 'agent', says: 'device plugin: registered 1 devices with kubelet' },
    components: ['agent', 'multus'],
    attachment: {
      ealArgs: 'path=/dev/vhost-vdpa-0,',
      deviceInfo: { type: 'vdpa', vdpa: { driver: 'vhost', path: '/dev/vhost-vdpa-0' } },
    },
    startedAnew: [],
    counter: 'the program behind /dev/vhost-vdpa-0',
  };
}

/**
 * One CPU for the backend and one for the workload to poll, one for all else; huge pages before kubelet starts, which counts
 * them once; and a second NIC, for later.
 */
function asNode(machine: Machine): Pick<GuestKind, 'machine' | 'nic' | 'later'> {
  const model = machine.nics[0]?.model ?? machine.uplink;
  const nic = { model, name: 'data0', mac: '52:54:00:00:02:01' };
  const later = { model, name: 'data1', mac: '52:54:00:00:02:02' };
  const more = { nics: [nic], later: [later], cpus: 3, memoryMiB: 4608, kernelArguments: 'hugepages=800' };
  return { machine: { ...machine, ...more }, nic, later };
}

/** By the name of the machine, as VDPACTL_LAB_GUEST has it. */
const kinds = new Map(
  [onPci(aws, 'e1000e'), onPci(alibaba, 'virtio-pci'), inKernel(baremetalVdpa)].map((kind) => [
    kind.machine.name,
    kind,
  ]),
);

/** The kind that is asked for; why there is none, and then any. */
export function askedKind(): { readonly kind: GuestKind; readonly notAsked: string | null } {
  const kind = kinds.get(process.env['VDPACTL_LAB_GUEST'] ?? '');
  const notAsked = kind === undefined ? `it runs with VDPACTL_LAB_GUEST=${[...kinds.keys()].join('|')}` : null;
  return { kind: kind ?? onPci(aws, 'e1000e'), notAsked };
}
