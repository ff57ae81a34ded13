// SPDX-License-Identifier: Apache-2.0
import { type BackendSpec, hasProcess } from '../../contract/backend-spec.ts';
import { parseDeviceId } from '../../contract/device-id.ts';
import { isDeviceInfoFile, maxDeviceInfoName } from '../../contract/pod-paths.ts';
import { CniError, cniCodes } from './cni-error.ts';
import type { CniCall } from './environment.ts';
import { type AddConfig, macField, type NetworkConfig } from './network-config.ts';
import { type Addresses, addressesSchema, noAddresses } from './result.ts';

/** What an ADD asks for, with everything that was said in several places settled. */
export interface AddRequest {
  readonly spec: BackendSpec;
  /** null: the device has its own. */
  readonly mac: string | null;
  /** The addresses that were asked for, where no plugin gives any. */
  readonly addresses: Addresses;
  readonly deviceInfoFile: string | null;
}

const auxiliaryPattern = /^[a-z0-9_]+\.[a-z0-9_]+\.\d+$/;

/** Settles an ADD: which device, MAC address, addresses, and file. Throws codes 2 and 7. */
export function addRequest(
  call: CniCall,
  config: NetworkConfig,
  asked: AddConfig,
  devices: readonly BackendSpec[],
  deviceInfoFolder: string,
): AddRequest {
  const spec = findDevice(asked, devices);
  return {
    spec,
    mac: settleMac(call, asked, spec),
    addresses: config.ipam === null ? askedAddresses(asked) : noAddresses,
    deviceInfoFile: deviceInfoFile(asked, deviceInfoFolder),
  };
}

/**
 * The one spelling of a device's id: of a PCI address, of an id of our own, or of a device on the auxiliary bus
 * (`mlx5_core.sf.4`), whose characters not all may stand in an id.
 */
export function deviceIdOf(text: string): string | null {
  return parseDeviceId(text) ?? (auxiliaryPattern.test(text) ? parseDeviceId(text.replaceAll(/[._]/g, '-')) : null);
}

function findDevice({ deviceID, pciBusID }: AddConfig, devices: readonly BackendSpec[]): BackendSpec {
  const text = deviceID ?? pciBusID;
  if (text === undefined) {
    throw new CniError(
      cniCodes.invalidConfig,
      'the network configuration has no deviceID',
      'Multus adds it for a network with the annotation k8s.v1.cni.cncf.io/resourceName',
    );
  }
  if (pciBusID !== undefined && deviceIdOf(pciBusID) !== deviceIdOf(text)) {
    throw new CniError(cniCodes.invalidConfig, `deviceID ${text} and pciBusID ${pciBusID} are two devices`);
  }
  const id = deviceIdOf(text);
  const found = devices.find(({ device }) => device === id);
  if (found !== undefined) return found;
  const offered = devices.map(({ device }) => device).join(', ');
  const what = id === null ? 'no PCI address and no id of a device' : 'not offered by this node';
  throw new CniError(
    cniCodes.invalidConfig,
    `deviceID ${JSON.stringify(text.slice(0, 256))} is ${what}`,
    devices.length === 0 ? 'this node offers no device' : `it offers ${offered}`,
  );
}

/** What the runtime says goes before what the network says: as the plugins of the CNI project do it. */
function settleMac(call: CniCall, asked: AddConfig, spec: BackendSpec): string | null {
  const mac = asked.runtimeConfig?.mac ?? asked.args?.cni?.mac ?? macOfArgs(call) ?? asked.mac ?? null;
  if (hasProcess(spec)) return mac ?? spec.mac;
  if (mac === null) return null;
  throw new CniError(
    cniCodes.unsupportedField,
    `mac ${mac} cannot be given to ${spec.device}`,
    'a device of backend vhost-vdpa has a MAC address of its own, which the workload asks it for',
  );
}

function macOfArgs({ args }: CniCall): string | null {
  const mac = macField.safeParse(args.get('MAC'));
  if (mac.success) return mac.data ?? null;
  const what = `MAC in CNI_ARGS is ${JSON.stringify(args.get('MAC')?.slice(0, 256))}`;
  throw new CniError(cniCodes.invalidEnvironment, `${what}: it has to be a MAC address of one device`);
}

function askedAddresses(asked: AddConfig): Addresses {
  const ips = asked.runtimeConfig?.ips ?? asked.args?.cni?.ips ?? [];
  return addressesSchema.parse({ ips: ips.map((address) => ({ address })) });
}

function deviceInfoFile(asked: AddConfig, folder: string): string | null {
  const path = asked.runtimeConfig?.CNIDeviceInfoFile ?? '';
  if (path === '') return null;
  // Root writes there: a folder below, or another altogether, is nothing that Multus ever asks for.
  if (isDeviceInfoFile(path, folder)) return path;
  throw new CniError(
    cniCodes.unsupportedField,
    `runtimeConfig.CNIDeviceInfoFile ${JSON.stringify(path.slice(0, 256))} is not supported`,
    `it has to be a file in ${folder}, with a name of at most ${maxDeviceInfoName} bytes`,
  );
}
