// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import * as z from 'zod';
import { runBytes } from '../../../src/process/run.ts';
import { CniError, cniCodes } from './cni-error.ts';
import { Limit } from './limit.ts';
import { type Addresses, addressesSchema } from './result.ts';

/** One call of a plugin for addresses: kept in the record of an attachment, so that they are given back for sure. */
export const ipamCallSchema = z.object({
  /** Its name, such as `host-local`. */
  plugin: z.string(),
  env: z.record(z.string(), z.string()),
  /** The network configuration, as it came. */
  config: z.string(),
});

export type IpamCall = z.infer<typeof ipamCallSchema>;

/** The plugins for addresses. A failure is a CniError. */
export interface Ipam {
  add(call: IpamCall, signal?: AbortSignal): Promise<Addresses>;
  /** Also when nothing was given. */
  del(call: IpamCall): Promise<void>;
  /** CHECK, STATUS and GC: those that a plugin does not know are no failure. */
  other(command: 'CHECK' | 'STATUS' | 'GC', call: IpamCall): Promise<void>;
}

/** Where plugins are looked for after CNI_PATH: the one folder of the host's that the agent's container always has. */
export const defaultPluginFolder = '/opt/cni/bin';

const errorSchema = z.object({
  code: z.int().positive(),
  msg: z.string(),
  details: z.string().optional(),
});

/** Less than the plugin of the pod path waits: there has to be time to undo. */
const timeoutMs = 30_000;
const maxAnswerBytes = 1024 * 1024;
/** They run in the agent's container, within its memory, and mostly wait for each other's lock. */
const maxAtOnce = 4;

/** The plugins as programs, found by CNI_PATH as libcni does. */
export function ipamPrograms(fallbackFolder: string = defaultPluginFolder): Ipam {
  const limit = new Limit(maxAtOnce);
  const call = (command: string, ipam: IpamCall, signal?: AbortSignal) =>
    limit.run(() => callProgram(command, ipam, signal));
  const callProgram = async (command: string, ipam: IpamCall, signal?: AbortSignal): Promise<string> => {
    const { file, folders } = findPlugin(ipam, fallbackFolder);
    const path = process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin';
    const result = await runBytes(file, [], {
      env: { PATH: path, ...ipam.env, CNI_COMMAND: command, CNI_PATH: folders.join(':') },
      input: ipam.config,
      timeoutMs,
      maxBytes: maxAnswerBytes,
      ...(signal === undefined ? {} : { signal }),
    });
    const stdout = Buffer.from(result.stdout).toString('utf8');
    if (result.exitCode === 0) return stdout;
    throw failureOf(ipam.plugin, stdout, result.stderr, result.timedOut ? 'it took too long' : result.failure);
  };
  return {
    async add(ipam, signal) {
      return parseAnswer(ipam.plugin, await call('ADD', ipam, signal));
    },
    async del(ipam) {
      await call('DEL', ipam);
    },
    async other(command, ipam) {
      try {
        await call(command, ipam);
      } catch (error) {
        if (!isUnknownCommand(error)) throw error;
      }
    },
  };
}

/**
 * Plugins older than a command say that the environment, which names it, is wrong. And whereabouts knows CHECK by name alone:
 * there is no code by which a plugin says so, only words.
 */
function isUnknownCommand(error: unknown): boolean {
  if (!(error instanceof CniError)) return false;
  return error.code === cniCodes.invalidEnvironment || / not implemented$/.test(error.message);
}

function findPlugin({ plugin, env }: IpamCall, fallback: string): { file: string; folders: string[] } {
  const named = (env['CNI_PATH'] ?? '').split(':').filter((folder) => isAbsolute(folder));
  const folders = [...new Set([...named, fallback])];
  const file = folders.map((folder) => join(folder, plugin)).find(isProgram);
  if (file !== undefined) return { file, folders };
  throw new CniError(
    cniCodes.ipamMissing,
    `there is no IPAM plugin ${plugin}`,
    `looked for in ${folders.join(', ')}, as the agent's container has them`,
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function parseAnswer(plugin: string, stdout: string): Addresses {
  try {
    return addressesSchema.parse(JSON.parse(stdout));
  } catch (error) {
    const message = `the IPAM plugin ${plugin} answered what is no result`;
    throw new CniError(cniCodes.ipamFailed, message, stdout.slice(0, 512), error);
  }
}

/** The plugin's own error under its own code, where it printed one. */
function failureOf(plugin: string, stdout: string, stderr: string, failure: string | null): CniError {
  try {
    const { code, msg, details } = errorSchema.parse(JSON.parse(stdout));
    return new CniError(code, `IPAM plugin ${plugin}: ${msg}`, details ?? '');
  } catch {
    const details = [failure, stderr.trim(), stdout.trim()].filter((text) => text !== null && text !== '').join('\n');
    return new CniError(cniCodes.ipamFailed, `the IPAM plugin ${plugin} failed`, details.slice(0, 1024));
  }
}
