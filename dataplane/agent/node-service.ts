// SPDX-License-Identifier: Apache-2.0
import { type ServerWritableStream, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import * as z from 'zod';
import { version } from '../../src/version.ts';
import { pathOf } from '../contract/attachment.ts';
import { parseDeviceId } from '../contract/device-id.ts';
import type { AttachmentMessage, DeviceHealthMessage, DeviceMessage, InfoMessage } from '../contract/grpc.ts';
import { maxWorkloadName, type RunDir, workloadNamePattern } from '../contract/run-dir.ts';
import type { AttachmentStore, HeldAttachment } from './attachment-store.ts';
import { byProcessTable, deviceHealth, type Liveness, offeredDevices } from './devices.ts';
import { GrpcError, unary } from './grpc-error.ts';
import { planAttach } from './plan-attach.ts';

const empty = z.object({});
const workloadRequest = z.object({ workload: z.string(), device: z.string() });

const refusalStatus = {
  'not-found': status.NOT_FOUND,
  taken: status.FAILED_PRECONDITION,
  'none-free': status.RESOURCE_EXHAUSTED,
} as const;

/** How often the health of the devices is looked at for those who watch, ms. */
const watchPeriodMs = 250;

/** Who has which device. */
export type Holdings = Pick<AttachmentStore, 'all' | 'attach' | 'detach'>;

/** The service of our own: devices, attachments, health. */
export function nodeService(
  dir: RunDir,
  store: Holdings,
  isAlive: Liveness = byProcessTable,
): UntypedServiceImplementation {
  return {
    GetInfo: unary(empty, (): InfoMessage => ({ version, pid: process.pid })),

    ListDevices: unary(empty, () => {
      const held = store.all();
      return {
        devices: offeredDevices(dir).map(
          (spec): DeviceMessage => ({
            id: spec.device,
            backend: spec.backend,
            health: deviceHealth(dir, spec.device, spec, isAlive),
            workload: held.find((attachment) => attachment.device === spec.device)?.workload ?? '',
          }),
        ),
      };
    }),

    ListAttachments: unary(empty, () => ({ attachments: store.all().map(toMessage) })),

    Attach: unary(workloadRequest, (request): AttachmentMessage => {
      const workload = checkedWorkload(request.workload);
      const device = request.device === '' ? null : checkedDevice(request.device);
      const specs = offeredDevices(dir);
      const held = store.all();
      if (held.some((attachment) => attachment.workload === workload && attachment.isForeign === true)) {
        const message = `what ${workload} has was given by another version of vdpactl: detach it first`;
        throw new GrpcError(status.FAILED_PRECONDITION, message);
      }
      const plan = planAttach(
        specs.map((spec) => spec.device),
        held,
        { workload, device },
      );
      if (plan.kind === 'refuse') throw new GrpcError(refusalStatus[plan.reason], plan.message);
      const existing = held.find((attachment) => attachment.workload === workload && attachment.device === plan.device);
      if (plan.kind === 'already' && existing !== undefined) return toMessage(existing);
      const spec = specs.find((candidate) => candidate.device === plan.device);
      if (spec === undefined) throw new GrpcError(status.NOT_FOUND, `there is no device ${plan.device}`);
      return toMessage(store.attach(workload, plan.interface, spec));
    }),

    Detach: unary(workloadRequest, (request) => ({
      devices: store.detach(
        checkedWorkload(request.workload),
        request.device === '' ? null : checkedDevice(request.device),
      ),
    })),

    WatchHealth(call: ServerWritableStream<unknown, DeviceHealthMessage>) {
      const told = new Map<string, string>();
      const look = () => {
        // Those told of before too: one that is offered no more has stopped.
        const specs = new Map(offeredDevices(dir).map((spec) => [spec.device, spec]));
        for (const device of new Set([...told.keys(), ...specs.keys()])) {
          const health = deviceHealth(dir, device, specs.get(device), isAlive);
          const text = JSON.stringify(health);
          if (told.get(device) === text) continue;
          told.set(device, text);
          call.write(health);
        }
      };
      const timer = setInterval(look, watchPeriodMs);
      call.on('cancelled', () => clearInterval(timer));
      call.on('close', () => clearInterval(timer));
      call.on('error', () => clearInterval(timer));
      look();
    },
  };
}

function checkedWorkload(name: string): string {
  if (workloadNamePattern.test(name)) return name;
  throw new GrpcError(
    status.INVALID_ARGUMENT,
    `${JSON.stringify(name)} is no name for a workload: lower-case letters, digits and dashes, ${maxWorkloadName} at most`,
  );
}

function checkedDevice(text: string): string {
  const device = parseDeviceId(text);
  if (device !== null) return device;
  throw new GrpcError(status.INVALID_ARGUMENT, `${JSON.stringify(text)} is neither a PCI address nor a device id`);
}

function toMessage(attachment: HeldAttachment): AttachmentMessage {
  const { workload, device, mac, folder } = attachment;
  return {
    workload,
    device,
    interface: attachment.interface,
    mac: mac ?? '',
    folder,
    socket: pathOf(attachment),
  };
}
