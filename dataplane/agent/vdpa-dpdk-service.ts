// SPDX-License-Identifier: Apache-2.0
import { status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import * as z from 'zod';
import { hasProcess } from '../contract/backend-spec.ts';
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
      const spec = offeredDevices(dir).find((candidate) => candidate.device === device);
      if (spec === undefined) throw new GrpcError(status.NOT_FOUND, `there is no device ${device} on this node`);
      // Either is what virtio-user takes as its path, which is what this was asked for in 2019.
      return { socketpath: hasProcess(spec) ? deviceSocket(dir, device) : spec.path };
    }),
  };
}
