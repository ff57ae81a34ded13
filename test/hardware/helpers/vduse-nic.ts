// SPDX-License-Identifier: Apache-2.0
import type { Shell } from './shell.ts';

const memoryMiB = 192;
/** Of 2 MiB: its own, and room for those of a workload, which it keeps mapped after that has ended. */
const hugePages = 192;

export interface VduseNic {
  /** The name of its VDUSE device, of which the kernel makes a vDPA device. */
  readonly name: string;
  /** Packets that it has received from whoever has the vDPA device. */
  received(): Promise<number>;
  /** Ends it, and its VDUSE device with it. */
  stop(): Promise<void>;
}

/**
 * The stand-in for a NIC that makes vDPA devices: a program between a VDUSE device and the cable of the NIC with
 * this MAC. It
 * polls CPU 1, and shares what there is of huge pages with all else on the machine.
 */
export async function startVduseNic(guest: Shell, mac: string, name: string): Promise<VduseNic> {
  await guest.get('modprobe vduse');
  // It may have been put in just now.
  const find = `for ((tries = 300; tries > 0; tries--)); do
    name=$(ip -oneline link | sed -nE 's/^[0-9]+: ([^:]+):.*${mac}.*/\\1/p')
    if [[ -n $name ]]; then echo "$name"; break; fi
    sleep 0.1
  done`;
  const interfaceName = (await guest.get(find)).trim();
  const pool = '/proc/sys/vm/nr_hugepages';
  await guest.get(`ip link set ${interfaceName} up promisc on
    if (($(cat ${pool}) < ${hugePages})); then echo ${hugePages} >${pool}; fi`);
  const program = `stdbuf -oL dpdk-testpmd --lcores 0@0,1@1 -m ${memoryMiB} --in-memory --single-file-segments --no-pci`;
  const ports = `--vdev net_af_packet0,iface=${interfaceName} --vdev net_vhost0,iface=/dev/vduse/${name}`;
  const options = '--disable-link-check --auto-start --forward-mode=io --nb-cores=1 --total-num-mbufs=16384';
  const service = `vduse-${name}`;
  await guest.begin(
    service,
    `${program} --no-telemetry --file-prefix ${service} ${ports} -- ${options} --stats-period 1`,
  );
  await guest.untilSaid(service, 'io packet forwarding');
  return {
    name,
    async received() {
      const said = await guest.get(`tail -n 60 /run/lab/${service}.log`);
      const counts = [...said.matchAll(/statistics for port 1 .*\n\s+RX-packets: (\d+)/g)].map(([, count]) => count);
      return Number(counts.at(-1) ?? 0);
    },
    stop: async () => void (await guest.end(service)),
  };
}
