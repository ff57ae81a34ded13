// SPDX-License-Identifier: Apache-2.0
import { podInterfacePattern, podUidPattern } from '../../contract/pod-paths.ts';
import { CniError, cniCodes } from './cni-error.ts';
import { type CniCommand, isCommand } from './cni-version.ts';

/** The environment of a call, as far as its command needs it: what it does not need is empty. */
export interface CniCall {
  readonly command: CniCommand;
  readonly container: string;
  readonly netns: string;
  readonly interface: string;
  /** CNI_ARGS. */
  readonly args: ReadonlyMap<string, string>;
  /** The pod, from CNI_ARGS; null when the runtime names none. */
  readonly pod: PodName | null;
  /** All CNI_ variables, for the plugins that we call in turn. */
  readonly env: Readonly<Record<string, string>>;
}

export interface PodName {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

const containerPattern = /^[0-9A-Za-z][0-9A-Za-z_.-]{0,255}$/;

/** Reads the environment. Throws code 4 with the variable that is missing or wrong. */
export function parseEnvironment(variables: ReadonlyMap<string, string>): CniCall {
  const command = variables.get('CNI_COMMAND') ?? '';
  if (!isCommand(command)) throw wrong('CNI_COMMAND', command, 'one of ADD, DEL, CHECK, GC, STATUS, VERSION');
  const isOfContainer = command === 'ADD' || command === 'DEL' || command === 'CHECK';
  const args = parseArgs(variables.get('CNI_ARGS') ?? '');
  return {
    command,
    container: isOfContainer ? containerOf(variables) : '',
    netns: isOfContainer ? netnsOf(variables, command) : '',
    interface: isOfContainer ? interfaceOf(variables) : '',
    args,
    pod: isOfContainer ? podOf(args, command) : null,
    env: Object.fromEntries([...variables].filter(([key]) => key.startsWith('CNI_'))),
  };
}

function containerOf(variables: ReadonlyMap<string, string>): string {
  const container = variables.get('CNI_CONTAINERID') ?? '';
  if (!containerPattern.test(container)) {
    throw wrong('CNI_CONTAINERID', container, 'letters, digits, and after the first _ . -');
  }
  return container;
}

function netnsOf(variables: ReadonlyMap<string, string>, command: CniCommand): string {
  const netns = variables.get('CNI_NETNS') ?? '';
  // The name space of a container that is deleted may be gone, and nothing of ours is in it.
  if (netns === '' && command !== 'DEL') throw wrong('CNI_NETNS', netns, 'the path of a network name space');
  return netns;
}

function interfaceOf(variables: ReadonlyMap<string, string>): string {
  const name = variables.get('CNI_IFNAME') ?? '';
  if (!podInterfacePattern.test(name)) {
    throw wrong('CNI_IFNAME', name, 'up to 15 letters, digits, and after the first . _ -');
  }
  return name;
}

function podOf(args: ReadonlyMap<string, string>, command: CniCommand): PodName | null {
  const uid = args.get('K8S_POD_UID') ?? '';
  if (podUidPattern.test(uid)) {
    return { uid, namespace: args.get('K8S_POD_NAMESPACE') ?? '', name: args.get('K8S_POD_NAME') ?? '' };
  }
  if (command === 'ADD') throw wrong('K8S_POD_UID in CNI_ARGS', uid, 'the uid of a pod');
  return null;
}

/** `KEY=VALUE;KEY=VALUE`. What is none of that is passed over: DEL has to work with whatever there is. */
function parseArgs(text: string): Map<string, string> {
  const pairs = text.split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at > 0 ? [[pair.slice(0, at), pair.slice(at + 1)] as const] : [];
  });
  return new Map(pairs);
}

function wrong(variable: string, value: string, expected: string): CniError {
  const what = value === '' ? `${variable} is missing` : `${variable} is ${JSON.stringify(value.slice(0, 256))}`;
  return new CniError(cniCodes.invalidEnvironment, `${what}: it has to be ${expected}`);
}
