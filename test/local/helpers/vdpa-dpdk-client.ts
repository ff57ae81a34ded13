// SPDX-License-Identifier: Apache-2.0
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';

/**
 * A client of the contract of 2019 that knows it from nothing but its bytes: a message with one string in field 1, both
 * ways. It would notice a change of the proto file that clients out there would notice.
 */
export class VdpaDpdkClient {
  readonly #client: Client;

  constructor(socket: string) {
    this.#client = new Client(`unix://${socket}`, credentials.createInsecure());
  }

  /** Throws the gRPC error of the server. */
  getSocketpath(pciAddress: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        '/vdpadpdk.VdpaDpdk/GetSocketpath',
        encode,
        decode,
        pciAddress,
        { deadline: Date.now() + 5_000 },
        (error, answer) => (error === null ? resolve(answer ?? '') : reject(error)),
      );
    });
  }

  /** The gRPC status that the server refuses with; 0 when it does not. */
  statusOf(pciAddress: string): Promise<number> {
    return this.getSocketpath(pciAddress).then(
      () => 0,
      (error: ServiceError) => error.code,
    );
  }

  close(): void {
    this.#client.close();
  }
}

const fieldOneString = 0x0a;

function encode(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length > 127) throw new RangeError('one byte of length is enough here');
  return Buffer.concat([Buffer.from([fieldOneString, bytes.length]), bytes]);
}

function decode(message: Buffer): string {
  if (message.length === 0) return '';
  if (message[0] !== fieldOneString || message[1] !== message.length - 2) throw new Error('not one string in field 1');
  return message.subarray(2).toString('utf8');
}
