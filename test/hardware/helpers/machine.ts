// SPDX-License-Identifier: Apache-2.0

/** A NIC that QEMU emulates, named by QEMU. */
export type NicModel = 'virtio-net-pci' | 'e1000e' | 'vmxnet3' | 'igb';

/** A NIC of a guest whose other end is a wire in the test's hands. */
export interface DataNic {
  /** `data0` */
  readonly name: string;
  readonly model: NicModel;
  readonly mac: string;
}

/** The computer that a guest takes itself for. */
export interface Machine {
  /** `alibaba`; the guest's host name is `lab-alibaba`. */
  readonly name: string;
  /** What the firmware says of itself. */
  readonly firmware: { readonly vendor: string; readonly product: string; readonly assetTag?: string };
  readonly disk: 'virtio-blk-pci' | 'nvme';
  readonly uplink: NicModel;
  readonly nics: readonly DataNic[];
}

export const uplinkMac = '52:54:00:00:01:01';

const memoryMiB = 2560;
const cpus = 2;

/** What a virtio device needs to look like one of hardware: modern, and behind the IOMMU as any PCI function. */
const virtioInHardware = 'disable-legacy=on,iommu_platform=on,ats=on';

export interface Paths {
  /** What test/hardware/build.sh made. */
  readonly built: string;
  readonly console: string;
  /** The UNIX socket of a wire. */
  readonly wire: (nic: DataNic) => string;
  readonly ports: { readonly ssh: number; readonly echo: number };
}

/**
 * QEMU's arguments for a machine: software emulation alone, every NIC behind a PCI Express port of its own and thereby in
 * an IOMMU group of its own. The image stays as it is: what the guest writes is lost when it ends.
 */
export function qemuArguments(machine: Machine, paths: Paths): string[] {
  const { firmware, nics } = machine;
  const commandLine = [
    'root=LABEL=lab rw console=ttyS0 panic=-1 loglevel=5 mitigations=off',
    // On a busy machine the emulated timer is too late for the kernel's test of it, which then panics.
    'no_timer_check',
    'intel_iommu=on iommu=pt',
    `lab.name=lab-${machine.name} lab.uplink=${uplinkMac}`,
  ];
  const asset = firmware.assetTag === undefined ? [] : ['-smbios', `type=3,asset=${firmware.assetTag}`];
  return [
    ...['-machine', 'q35,kernel-irqchip=split,i8042=off', '-accel', 'tcg,thread=multi', '-cpu', 'max,la57=off'],
    ...['-smp', String(cpus), '-m', String(memoryMiB)],
    ...['-nodefaults', '-no-reboot', '-display', 'none', '-serial', `file:${paths.console}`],
    ...['-device', 'intel-iommu,intremap=on,caching-mode=on,device-iotlb=on,aw-bits=48'],
    ...['-smbios', `type=1,manufacturer=${firmware.vendor},product=${firmware.product}`, ...asset],
    ...['-kernel', `${paths.built}/vmlinuz`, '-initrd', `${paths.built}/initrd.img`, '-append', commandLine.join(' ')],
    ...['-drive', `if=none,id=disk,file=${paths.built}/root.ext4,format=raw,snapshot=on`],
    ...['-device', machine.disk === 'nvme' ? 'nvme,drive=disk,serial=lab' : 'virtio-blk-pci,drive=disk,romfile='],
    ...['-device', 'virtio-rng-pci'],
    ...['-netdev', `user,id=uplink,ipv6=off${forward(paths.ports.ssh, 22)}${forward(paths.ports.echo, 7)}`],
    ...port(1),
    ...['-device', nicDevice(machine.uplink, 'uplink', uplinkMac, 1)],
    ...nics.flatMap((nic, index) => [
      ...['-netdev', `stream,id=${nic.name},server=off,addr.type=unix,addr.path=${paths.wire(nic)}`],
      ...port(index + 2),
      ...['-device', nicDevice(nic.model, nic.name, nic.mac, index + 2)],
    ]),
  ];
}

function forward(host: number, guest: number): string {
  return `,hostfwd=tcp:127.0.0.1:${host}-:${guest}`;
}

function port(number: number): string[] {
  return ['-device', `pcie-root-port,id=port${number},chassis=${number},slot=${number}`];
}

function nicDevice(model: NicModel, netdev: string, mac: string, bus: number): string {
  const options = model === 'virtio-net-pci' ? `,${virtioInHardware}` : '';
  return `${model},netdev=${netdev},mac=${mac},bus=port${bus},romfile=${options}`;
}
