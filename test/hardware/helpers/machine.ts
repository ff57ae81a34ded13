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
  /** NICs that are put in while it runs. Their ports and cables are there from the start. */
  readonly later?: readonly DataNic[];
  readonly cpus?: number;
  readonly memoryMiB?: number;
  /** More of the kernel's command line. */
  readonly kernelArguments?: string;
}

/** Where this machine reaches a guest, and the guest the world. */
export type Uplink =
  /** In a network of QEMU's own: by ports that are forwarded to the guest. */
  | { readonly ports: { readonly ssh: number; readonly echo: number } }
  /** By a cable of their own. */
  | Cable;

export interface Cable {
  /** The interface that this machine has of it; it goes with QEMU. */
  readonly tap: string;
  /** The addresses of both ends: `198.19.0.5`, in a network of 30 bits. */
  readonly ownAddress: string;
  readonly guestAddress: string;
  /** Networks that are reached through the guest. */
  readonly routes: readonly string[];
}

export const uplinkMac = '52:54:00:00:01:01';

const defaultMemoryMiB = 2560;
const defaultCpus = 2;
/** By this name a guest mounts the folder that it shares with this machine. */
const shareTag = 'lab';

/** What a virtio device needs to look like one of hardware: modern, and behind the IOMMU as any PCI function. */
const virtioInHardware = 'disable-legacy=on,iommu_platform=on,ats=on';

export interface Paths {
  /** What test/hardware/build.sh made. */
  readonly built: string;
  readonly console: string;
  /** The UNIX socket of a wire. */
  readonly wire: (nic: DataNic) => string;
  readonly uplink: Uplink;
  /** The UNIX socket of QEMU's monitor. */
  readonly monitor: string;
  /** A folder that the guest may read. */
  readonly share?: string;
}

/**
 * QEMU's arguments for a machine: software emulation alone, every NIC behind a PCI Express port of its own and thereby in
 * an IOMMU group of its own. The image stays as it is: what the guest writes is lost when it ends.
 */
export function qemuArguments(machine: Machine, paths: Paths): string[] {
  const { firmware, nics, later = [], cpus = defaultCpus, memoryMiB = defaultMemoryMiB } = machine;
  const { uplink } = paths;
  const commandLine = [
    'root=LABEL=lab rw console=ttyS0 panic=-1 loglevel=5 mitigations=off',
    // On a busy machine the emulated timer is too late for the kernel's test of it, which then panics.
    'no_timer_check',
    'intel_iommu=on iommu=pt',
    `lab.name=lab-${machine.name} lab.uplink=${uplinkMac}`,
    ...('tap' in uplink ? [`lab.address=${uplink.guestAddress}/30 lab.gateway=${uplink.ownAddress}`] : []),
    ...(machine.kernelArguments === undefined ? [] : [machine.kernelArguments]),
  ];
  const asset = firmware.assetTag === undefined ? [] : ['-smbios', `type=3,asset=${firmware.assetTag}`];
  return [
    ...['-machine', 'q35,kernel-irqchip=split,i8042=off', '-accel', 'tcg,thread=multi', '-cpu', 'max,la57=off'],
    ...['-smp', String(cpus), '-m', String(memoryMiB)],
    ...['-nodefaults', '-no-reboot', '-display', 'none', '-serial', `file:${paths.console}`],
    ...['-qmp', `unix:${paths.monitor},server=on,wait=off`],
    ...['-device', 'intel-iommu,intremap=on,caching-mode=on,device-iotlb=on,aw-bits=48'],
    ...['-smbios', `type=1,manufacturer=${firmware.vendor},product=${firmware.product}`, ...asset],
    ...['-kernel', `${paths.built}/vmlinuz`, '-initrd', `${paths.built}/initrd.img`, '-append', commandLine.join(' ')],
    ...['-drive', `if=none,id=disk,file=${paths.built}/root.ext4,format=raw,snapshot=on`],
    ...['-device', machine.disk === 'nvme' ? 'nvme,drive=disk,serial=lab' : 'virtio-blk-pci,drive=disk,romfile='],
    ...['-device', 'virtio-rng-pci'],
    ...(paths.share === undefined ? [] : ['-virtfs', shared(paths.share)]),
    ...['-netdev', 'tap' in uplink ? tapped(uplink.tap) : forwarded(uplink.ports)],
    ...port(1),
    ...['-device', nicDevice(machine.uplink, 'uplink', uplinkMac, 1)],
    ...[...nics, ...later].flatMap((nic) => [
      ...['-netdev', `stream,id=${nic.name},server=off,addr.type=unix,addr.path=${paths.wire(nic)}`],
      ...port(portOf(machine, nic)),
      ...(later.includes(nic) ? [] : ['-device', dataNicDevice(machine, nic)]),
    ]),
  ];
}

/** A data NIC of a machine, as QEMU's `-device` and `device_add` take it. */
export function dataNicDevice(machine: Machine, nic: DataNic): string {
  return `${nicDevice(nic.model, nic.name, nic.mac, portOf(machine, nic))},id=${nic.name}-nic`;
}

/** Where the guest sees a data NIC: each port is a bus of its own. */
export function pciAddressOf(machine: Machine, nic: DataNic): string {
  return `0000:${portOf(machine, nic).toString(16).padStart(2, '0')}:00.0`;
}

/** The first is the uplink's. */
function portOf({ nics, later = [] }: Machine, { name }: DataNic): number {
  return [...nics, ...later].findIndex((nic) => nic.name === name) + 2;
}

function shared(folder: string): string {
  return `local,path=${folder},mount_tag=${shareTag},security_model=none,readonly=on,multidevs=remap`;
}

/**
 * Without `vnet_hdr` the kernel hands over frames with their checksums. QEMU's NICs leave them out where one packet is in
 * another, as in VXLAN, and the guest drops what came.
 */
function tapped(name: string): string {
  return `tap,id=uplink,ifname=${name},script=no,downscript=no,vhost=off,vnet_hdr=off`;
}

function forwarded({ ssh, echo }: { readonly ssh: number; readonly echo: number }): string {
  return `user,id=uplink,ipv6=off${forward(ssh, 22)}${forward(echo, 7)}`;
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
