// SPDX-License-Identifier: Apache-2.0
import { status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import * as z from 'zod';
import { parseDeviceId } from '../contract/device-id.ts';
import { deviceSocket, type RunDir } from '../contract/run-dir.ts';
import { offeredDevices } from './devices.ts';
import { GrpcError, unary } from './grpc-error.ts';

const request = z.object({ pciAddress: z.string() });

/** The service of 2019, the same on the wire; an unknown address is an error now and not an empty answer. */
export function vdpaDpdkService(dir: RunDir): UntypedServiceImplementation {
  return {
    GetSocketpath: unary(request, ({ pciAddress }) => {
      const device = parseDeviceId(pciAddress);
      if (device === null) {
        throw new GrpcError(
          status.INVALID_ARGUMENT,
          `${JSON.stringify(pciAddress)} is neither a PCI address nor a device id`,
        );
      }
      if (!offeredDevices(dir).some((spec) => spec.device === device)) {
        throw new GrpcError(status.NOT_FOUND, `there is no device ${device} on this node`);
      }
      return { socketpath: deviceSocket(dir, device) };
    }),
  };
}
