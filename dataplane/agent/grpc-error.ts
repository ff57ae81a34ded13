// SPDX-License-Identifier: Apache-2.0
import { Metadata, type ServerErrorResponse, type sendUnaryData, status } from '@grpc/grpc-js';
import * as z from 'zod';
import { messageOf, VdpaError } from '../../src/errors/vdpa-error.ts';
import { errorCodeKey } from '../contract/grpc.ts';

/** An answer that says no, with a gRPC status. */
export class GrpcError extends Error {
  readonly status: status;

  constructor(code: status, message: string) {
    super(message);
    this.status = code;
  }
}

function toServerError(error: unknown): Partial<ServerErrorResponse> {
  if (error instanceof GrpcError) return { code: error.status, details: error.message };
  if (error instanceof VdpaError && error.code === 'VDPA-DISK-001') {
    const metadata = new Metadata();
    metadata.set(errorCodeKey, error.code);
    return { code: status.RESOURCE_EXHAUSTED, details: `${error.where}: ${error.message}`, metadata };
  }
  return { code: status.INTERNAL, details: messageOf(error) };
}

/** A unary method from a function: the request is checked by `schema`, what is thrown becomes a status. */
export function unary<Schema extends z.ZodType, Response extends object>(
  schema: Schema,
  handle: (request: z.infer<Schema>) => Response,
): (call: { request: unknown }, callback: sendUnaryData<Response>) => void {
  return (call, callback) => {
    try {
      const parsed = schema.safeParse(call.request);
      if (!parsed.success) throw new GrpcError(status.INVALID_ARGUMENT, z.prettifyError(parsed.error));
      callback(null, handle(parsed.data));
    } catch (error) {
      callback(toServerError(error));
    }
  };
}
