// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { CniError, cniCodes } from './cni-error.ts';
import {
  type CniCommand,
  type CniVersion,
  commandSince,
  isAtLeast,
  isSupported,
  supportedVersions,
} from './cni-version.ts';

/** The name of a plugin is the name of a program: no name may lead out of the folders of plugins. */
const ipamSchema = z.object({
  type: z
    .string()
    .regex(/^[0-9A-Za-z][0-9A-Za-z._-]*$/)
    .optional(),
});

/** What every command reads. More is not looked at there: DEL must not fail for what only ADD needs. */
const commonSchema = z.object({
  name: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z_.-]*$/, 'has to be letters, digits, and after the first _ . -'),
  ipam: ipamSchema.nullish(),
});

const macSchema = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(
    z
      .string()
      .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'has to be a MAC address, 02:00:00:00:00:01')
      .refine((mac) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0, 'is a group address')
      .refine((mac) => mac !== '00:00:00:00:00:00', 'is no address'),
  );
const empty = z.literal('').transform(() => undefined);
/** A MAC address of one device; what is empty is none. */
export const macField = z.union([empty, macSchema]).nullish();
const mac = macField;
const cidr = z.union([z.cidrv4(), z.cidrv6()], 'has to be an address with its prefix, 10.1.1.2/24');
const ips = z.array(cidr).nullish();

const addSchema = z.object({
  deviceID: z.string().min(1).optional(),
  pciBusID: z.string().min(1).optional(),
  mac,
  runtimeConfig: z.object({ mac, ips, CNIDeviceInfoFile: z.string().nullish() }).nullish(),
  args: z.object({ cni: z.object({ mac, ips }).nullish() }).nullish(),
});

const gcSchema = z.object({
  'cni.dev/valid-attachments': z.array(z.object({ containerID: z.string(), ifname: z.string() })).default([]),
});

export interface NetworkConfig {
  readonly version: CniVersion;
  readonly name: string;
  /** The plugin that gives addresses; null: none does. */
  readonly ipam: string | null;
  /** As it came; `prevResult` and all that only some commands read. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** What is handed to the plugin for addresses, byte for byte. */
  readonly text: string;
}

export type AddConfig = z.infer<typeof addSchema>;

/** The version that the caller speaks, for the answer to it; null when that cannot be told or is none of ours. */
export function versionOf(text: string): CniVersion | null {
  try {
    const { cniVersion } = z.object({ cniVersion: z.string() }).parse(JSON.parse(text));
    return isSupported(cniVersion) ? cniVersion : null;
  } catch {
    return null;
  }
}

/** Reads a network configuration. Throws codes 1, 6 and 7. */
export function parseConfig(text: string, command: CniCommand): NetworkConfig {
  const raw = decode(text);
  const version = raw['cniVersion'] ?? '0.1.0';
  if (typeof version !== 'string') throw new CniError(cniCodes.invalidConfig, 'cniVersion has to be a text');
  if (!isSupported(version)) {
    const known = supportedVersions.join(', ');
    throw new CniError(cniCodes.incompatibleVersion, `cniVersion ${JSON.stringify(version)} is not supported`, known);
  }
  if (!isAtLeast(version, commandSince[command])) {
    const since = `${command} came with version ${commandSince[command]}`;
    throw new CniError(cniCodes.incompatibleVersion, `cniVersion ${version} has no ${command}`, since);
  }
  const { name, ipam } = check(commonSchema, raw);
  return { version, name, ipam: ipam?.type ?? null, raw, text };
}

/** What ADD reads besides. */
export function parseAddConfig({ raw }: NetworkConfig): AddConfig {
  return check(addSchema, raw);
}

/** The attachments that a GC leaves alone. */
export function validAttachments({ raw }: NetworkConfig): { container: string; interface: string }[] {
  const valid = check(gcSchema, raw)['cni.dev/valid-attachments'];
  return valid.map(({ containerID, ifname }) => ({ container: containerID, interface: ifname }));
}

function decode(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CniError(cniCodes.decode, 'the network configuration is not JSON', String(error));
  }
  const object = z.record(z.string(), z.unknown()).safeParse(value);
  if (!object.success) throw new CniError(cniCodes.decode, 'the network configuration is no JSON object');
  return object.data;
}

/** The value as `schema` has it; else code 7 with the first thing that is wrong, and all of them as details. */
export function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  const message = `the network configuration is wrong: ${problems[0] ?? ''}`;
  throw new CniError(cniCodes.invalidConfig, message, problems.slice(1).join('\n'));
}
