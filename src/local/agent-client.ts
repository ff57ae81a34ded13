// SPDX-License-Identifier: Apache-2.0
import { type Client, credentials, type ServiceDefinition, type ServiceError, status } from '@grpc/grpc-js';
import * as z from 'zod';
import {
  type AttachmentMessage,
  attachmentMessage,
  type DeviceMessage,
  deviceMessage,
  errorCodeKey,
  type InfoMessage,
  infoMessage,
  loadServices,
} from '../../dataplane/contract/grpc.ts';
import type { RunDir } from '../../dataplane/contract/run-dir.ts';
import { VdpaError } from '../errors/vdpa-error.ts';

/** An agent that has no CPU of its own answers late beside pollers that never let theirs go. */
const callTimeoutMs = 10_000;

/** The node agent, over its socket. Throws VDPA-AGENT-001 when it does not answer, VDPA-AGENT-002 when it says no. */
export class AgentClient {
  readonly #dir: RunDir;
  readonly #client: Client;
  readonly #methods: ServiceDefinition;

  constructor(dir: RunDir) {
    this.#dir = dir;
    const { node } = loadServices();
    this.#methods = node.service;
    this.#client = new node(`unix://${dir.grpcSocket}`, credentials.createInsecure(), { 'grpc.enable_retries': 0 });
  }

  info(): Promise<InfoMessage> {
    return this.#call('GetInfo', {}, infoMessage);
  }

  async devices(): Promise<DeviceMessage[]> {
    return (await this.#call('ListDevices', {}, z.object({ devices: z.array(deviceMessage) }))).devices;
  }

  async attachments(): Promise<AttachmentMessage[]> {
    return (await this.#call('ListAttachments', {}, z.object({ attachments: z.array(attachmentMessage) }))).attachments;
  }

  /** Gives `device`, or the first that is free, to `workload`. */
  attach(workload: string, device: string | null): Promise<AttachmentMessage> {
    return this.#call('Attach', { workload, device: device ?? '' }, attachmentMessage);
  }

  /** Takes back `device`, or all that `workload` has. Answers the devices that were attached. */
  async detach(workload: string, device: string | null): Promise<string[]> {
    return (await this.#call('Detach', { workload, device: device ?? '' }, z.object({ devices: z.array(z.string()) })))
      .devices;
  }

  close(): void {
    this.#client.close();
  }

  #call<Schema extends z.ZodType>(method: string, request: object, schema: Schema): Promise<z.infer<Schema>> {
    const definition = this.#methods[method];
    if (definition === undefined) throw new Error(`no method ${method} in dataplane/proto/node.proto`);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize,
        request,
        { deadline: Date.now() + callTimeoutMs },
        (error, response) => {
          if (error !== null) reject(this.#toError(error));
          else resolve(schema.parse(response));
        },
      );
    });
  }

  #toError(error: ServiceError): VdpaError {
    if (error.metadata?.get(errorCodeKey).includes('VDPA-DISK-001')) {
      return new VdpaError('VDPA-DISK-001', error.details, {
        next: 'free some space there (df shows how much is left) and run the same command again',
        cause: error,
      });
    }
    const refused = [status.NOT_FOUND, status.FAILED_PRECONDITION, status.RESOURCE_EXHAUSTED, status.INVALID_ARGUMENT];
    if (refused.includes(error.code)) {
      return new VdpaError('VDPA-AGENT-002', error.details, {
        next: 'see what is offered and who has it: vdpactl status',
        cause: error,
      });
    }
    return new VdpaError('VDPA-AGENT-001', `no answer from the agent: ${plainReason(error.details)}`, {
      where: this.#dir.grpcSocket,
      next: 'run: vdpactl status; vdpactl deploy starts again what is missing',
      cause: error,
    });
  }
}

/** What the gRPC library says around the reason: `No connection established. Last error: Error: … Resolution note: `. */
function plainReason(details: string): string {
  const reason = /Last error: (?:Error: )?(.+?)\.? Resolution note:/.exec(details)?.[1];
  return reason ?? details;
}
