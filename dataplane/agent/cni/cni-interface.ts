// SPDX-License-Identifier: Apache-2.0
import { type Attachment, pathOf } from '../../contract/attachment.ts';
import type { PodRecord } from '../pod/record.ts';
import type { CniInterface, CniResult } from './result.ts';

/** The frames that every backend takes with nothing configured. A device of the kernel's says its own to its driver. */
const backendMtu = 1500;

/** An attachment as a result has it. Paths are those of the container, which `sandbox` belongs to. */
export function cniInterface(attachment: Attachment, netns: string): CniInterface {
  const { device, interface: name, mac } = attachment;
  const isSocket = attachment['device-info'].type === 'vhost-user';
  return {
    name,
    ...(mac === null ? {} : { mac }),
    sandbox: netns,
    ...(isSocket ? { mtu: backendMtu, socketPath: pathOf(attachment) } : {}),
    ...(device.includes(':') ? { pciID: device } : {}),
  };
}

/** Where the result of an ADD and what there is disagree, in words. */
export function differences({ attachment, addresses }: PodRecord, result: CniResult): string[] {
  const { interface: name, mac } = attachment;
  const index = result.interfaces.findLastIndex((each) => each.name === name);
  const found = result.interfaces[index];
  if (found === undefined) return [`it has no interface ${name}`];
  const macs = mac === null || found.mac === undefined || found.mac.toLowerCase() === mac;
  const listed = result.ips.filter((ip) => ip.interface === index).map((ip) => ip.address);
  return [
    ...(macs ? [] : [`its MAC address is ${found.mac}, not ${mac}`]),
    ...addresses.ips.filter((ip) => !listed.includes(ip.address)).map((ip) => `it lacks address ${ip.address}`),
  ];
}
