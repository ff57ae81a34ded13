// SPDX-License-Identifier: Apache-2.0

import type { BackendSpec } from '../../contract/backend-spec.ts';
import type { CniAnswer, CniRequest } from '../../contract/cni-protocol.ts';
import type { PodAttachments } from '../pod/pod-attachments.ts';
import { addRequest } from './add-request.ts';
import { CniError, cniCodes, errorDocument, toCniError } from './cni-error.ts';
import { cniInterface, differences } from './cni-interface.ts';
import { type CniCommand, latestVersion, supportedVersions } from './cni-version.ts';
import { type CniCall, parseEnvironment } from './environment.ts';
import type { Ipam, IpamCall } from './ipam.ts';
import {
  check,
  type NetworkConfig,
  parseAddConfig,
  parseConfig,
  validAttachments,
  versionOf,
} from './network-config.ts';
import { type CniResult, renderResult, resultSchema, withInterface } from './result.ts';

/** What the commands work with. */
export interface CniNode {
  readonly store: PodAttachments;
  readonly ipam: Ipam;
  /** The devices that this node offers. */
  readonly devices: () => readonly BackendSpec[];
  /** Whether traffic can flow through a device. */
  readonly isRunning: (spec: BackendSpec) => boolean;
  /** Where Multus names device-info files. */
  readonly deviceInfoFolder: string;
}

/** Answers one call of the plugin. Never throws: whatever goes wrong is an answer. */
export async function answerCni(node: CniNode, request: CniRequest, signal?: AbortSignal): Promise<CniAnswer> {
  try {
    const call = parseEnvironment(request.env);
    if (call.command === 'VERSION') return { exitCode: 0, stdout: versionDocument(request.stdin) };
    const config = parseConfig(request.stdin, call.command);
    return { exitCode: 0, stdout: await commands[call.command](node, call, config, signal) };
  } catch (error) {
    return { exitCode: 1, stdout: errorDocument(toCniError(error), versionOf(request.stdin)) };
  }
}

type Command = (node: CniNode, call: CniCall, config: NetworkConfig, signal?: AbortSignal) => Promise<string>;

const commands: Readonly<Record<Exclude<CniCommand, 'VERSION'>, Command>> = {
  async ADD(node, call, config, signal) {
    const { pod, container, interface: name } = call;
    if (pod === null) throw new CniError(cniCodes.invalidEnvironment, 'CNI_ARGS names no pod');
    const asked = addRequest(call, config, parseAddConfig(config), node.devices(), node.deviceInfoFolder);
    const before = prevResult(config);
    const record = await node.store.attach(
      { ...asked, pod, container, interface: name, network: config.name, ipam: ipamCall(call, config) },
      signal,
    );
    const added = cniInterface(record.attachment, call.netns);
    return renderResult(withInterface(before, added, record.addresses), config.version);
  },

  async DEL(node, call, config) {
    await node.store.detach(interfaceName(call), ipamCall(call, config));
    return '';
  },

  async CHECK(node, call, config) {
    const result = prevResult(config);
    if (result === null) throw new CniError(cniCodes.invalidConfig, 'CHECK needs the prevResult of its ADD');
    const record = await node.store.verify(interfaceName(call));
    const wrong = differences(record, result);
    if (wrong.length > 0) {
      const message = `prevResult and interface ${call.interface} differ: ${wrong[0]}`;
      throw new CniError(cniCodes.notAsAttached, message, wrong.slice(1).join('\n'));
    }
    const ipam = ipamCall(call, config);
    if (ipam !== null) await node.ipam.other('CHECK', ipam);
    return '';
  },

  async GC(node, call, config) {
    const valid = new Set(validAttachments(config).map((each) => `${each.container}/${each.interface}`));
    const collected = node.store.collect(config.name, ({ container, attachment }) =>
      valid.has(`${container}/${attachment.interface}`),
    );
    const ipam = ipamCall(call, config);
    const results = await Promise.allSettled([collected, ipam === null ? null : node.ipam.other('GC', ipam)]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return '';
  },

  async STATUS(node, call, config) {
    const devices = node.devices();
    if (devices.length === 0) {
      throw new CniError(cniCodes.notAvailable, 'this node offers no device', 'vdpactl detect says why');
    }
    if (!devices.some(node.isRunning)) {
      const down = devices.map(({ device, backend }) => `${device} (${backend})`).join(', ');
      throw new CniError(cniCodes.notAvailableAndLimited, 'no backend of this node is running', down);
    }
    const ipam = ipamCall(call, config);
    if (ipam !== null) await node.ipam.other('STATUS', ipam);
    return '';
  },
};

const interfaceName = ({ pod, container, interface: name }: CniCall) => ({
  pod: pod?.uid ?? null,
  container,
  interface: name,
});

function ipamCall({ env }: CniCall, { ipam, text }: NetworkConfig): IpamCall | null {
  return ipam === null ? null : { plugin: ipam, env: { ...env }, config: text };
}

function prevResult({ raw }: NetworkConfig): CniResult | null {
  const { prevResult: result } = raw;
  return result === undefined || result === null ? null : check(resultSchema, result);
}

function versionDocument(stdin: string): string {
  return JSON.stringify({ cniVersion: versionOf(stdin) ?? latestVersion, supportedVersions });
}
