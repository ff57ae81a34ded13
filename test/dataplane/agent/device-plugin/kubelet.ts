// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  Client,
  type ClientReadableStream,
  credentials,
  Server,
  ServerCredentials,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type { PluginDevice } from '../../../../dataplane/agent/device-plugin/advertised.ts';
import { pluginService, registrationService } from '../../../../dataplane/agent/device-plugin/plugin-api.ts';

export interface Registration {
  readonly version: string;
  readonly endpoint: string;
  readonly resource_name: string;
}

/** What a kubelet does with device plugins: it listens, is told of one, and asks that. */
export class Kubelet {
  readonly folder: string;
  readonly registrations: Registration[] = [];
  /** What it answers instead of taking a plugin; empty: it takes it. */
  refusal = '';
  #server: Server | null = null;
  #client: Client | null = null;
  #stream: ClientReadableStream<{ devices: PluginDevice[] }> | null = null;
  /** All lists of devices that it was sent by its present plugin. */
  lists: PluginDevice[][] = [];

  constructor(folder: string) {
    this.folder = folder;
  }

  async start(): Promise<void> {
    const server = new Server();
    server.addService(registrationService().service, {
      Register: (call: { request: Registration }, callback: sendUnaryData<object>) => {
        if (this.refusal !== '') return callback({ code: status.INTERNAL, details: this.refusal });
        this.registrations.push(call.request);
        callback(null, {});
        this.#listen(call.request.endpoint);
      },
    });
    await new Promise<void>((resolve, reject) => {
      const address = `unix://${join(this.folder, 'kubelet.sock')}`;
      server.bindAsync(address, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
    });
    this.#server = server;
  }

  /** Ends, and as it does when it begins again, empties its folder. */
  stop(): void {
    this.#stream?.cancel();
    this.#client?.close();
    this.#server?.forceShutdown();
    for (const name of ['kubelet.sock', 'vdpactl.io_vdpa.sock']) rmSync(join(this.folder, name), { force: true });
    this.lists = [];
  }

  /** The devices by their health, as it was told last. */
  get devices(): Record<string, string> | null {
    const last = this.lists.at(-1);
    return last === undefined ? null : Object.fromEntries(last.map(({ ID, health }) => [ID, health]));
  }

  ask(method: string, request: object): Promise<unknown> {
    const definition = pluginService()[method];
    if (definition === undefined || this.#client === null) throw new Error(`cannot ask ${method}`);
    const { path, requestSerialize, responseDeserialize } = definition;
    return new Promise((resolve, reject) => {
      this.#client?.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, response) =>
        error === null ? resolve(response) : reject(error),
      );
    });
  }

  #listen(endpoint: string): void {
    this.#stream?.cancel();
    this.#client?.close();
    this.#client = new Client(`unix://${join(this.folder, endpoint)}`, credentials.createInsecure());
    const method = pluginService()['ListAndWatch'];
    if (method === undefined) throw new Error('no ListAndWatch');
    this.lists = [];
    this.#stream = this.#client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      (bytes: Buffer) => method.responseDeserialize(bytes) as { devices: PluginDevice[] },
      {},
    );
    this.#stream.on('data', ({ devices }: { devices: PluginDevice[] }) => this.lists.push(devices));
    this.#stream.on('error', () => {});
  }
}
