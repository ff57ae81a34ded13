// SPDX-License-Identifier: Apache-2.0
import { gunzipSync } from 'node:zlib';
import { messageOf } from '../errors/vdpa-error.ts';
import { keptTold, type Told } from '../platform/capture/told.ts';
import { parseIpAddressJson, parseIpAddressLines, parseIpRouteLines } from '../platform/network/ip-command.ts';
import type { NodeReport } from '../platform/node-report.ts';
import { holdsSystem, probeSystem } from '../platform/probe.ts';
import { openWalking } from '../platform/root-fs.ts';
import type { FileTree } from '../platform/tree/file-tree.ts';
import { createMemoryTree } from '../platform/tree/memory-tree.ts';
import { capturedAnswer } from '../platform/vdpa/management-devices.ts';
import { answerMark } from './capture-script.ts';

/** What the capture script may send, packed and unpacked. */
export const answerLimits = { packedBytes: 32 * 1024 * 1024, unpackedBytes: 64 * 1024 * 1024 } as const;

/** The files and answers of a host. */
export interface Answer {
  readonly tree: FileTree;
  readonly told: Told | null;
}

/**
 * The report of a host that ran the capture script, by the same probe that reads the running machine.
 * Throws an Error that says in words what is wrong with the answer.
 */
export function reportOfAnswer(bytes: Uint8Array, host: string): NodeReport {
  const { tree, told } = readAnswer(bytes);
  const fs = openWalking(tree, { root: host, live: false, told });
  if (!holdsSystem(fs)) throw new Error('there is neither /sys nor /proc on it');
  return probeSystem(fs);
}

/** Builds the files that the capture script printed in memory. Throws an Error in words for what is no whole answer. */
export function readAnswer(bytes: Uint8Array): Answer {
  const records = parseRecords(unpack(bytes));
  const tree = createMemoryTree();
  const of = (...kinds: string[]) => records.filter(({ kind }) => kinds.includes(kind));
  // Links first, for the paths of all else may lead through them; what nobody read last, for a content of the same name counts.
  for (const { kind, path, target } of of('A', 'L')) {
    if (target === null) continue;
    // The shell could enter it: a directory that later paths have to find.
    if (kind === 'A') tree.put(target.replace(/^\/+/, ''), { kind: 'directory' });
    tree.putBehindLinks(path, { kind: 'link', target });
  }
  for (const { path } of of('D')) tree.putBehindLinks(path, { kind: 'directory' });
  for (const { path, content } of of('F'))
    tree.putBehindLinks(path, { kind: 'file', bytes: content === null ? null : Buffer.from(content) });
  for (const { path, content } of of('C')) {
    tree.putBehindLinks(path, { kind: 'file', bytes: Buffer.from(cniConfig(content ?? '')) });
  }
  for (const { path } of of('N')) tree.putBehindLinks(path, { kind: 'file', bytes: null });
  const said = new Map(of('T').map(({ path, content }) => [path, (content ?? '').trim()]));
  const vdpa = said.get('vdpa');
  if (vdpa !== undefined) tree.put(capturedAnswer, { kind: 'file', bytes: Buffer.from(vdpa) });
  return { tree, told: said.size === 0 ? null : toldBy(said) };
}

function toldBy(said: ReadonlyMap<string, string>): Told {
  const json = said.get('addresses');
  const lines = said.get('address-lines');
  const addresses = json === undefined ? [] : parseIpAddressJson(json);
  const all = addresses.length > 0 || lines === undefined ? addresses : parseIpAddressLines(lines);
  return keptTold({
    machine: said.get('machine')?.slice(0, 256) ?? null,
    sshConnection: said.get('ssh')?.slice(0, 256) || null,
    // An ip that fails says nothing, and then nobody was asked.
    ipv4Addresses: all.length === 0 ? null : all.map((placed) => ({ ...placed, source: 'ip -4 address' })),
    ipv4FurtherRoutes: parseIpRouteLines(said.get('routes') ?? ''),
    cloud: { cloud: null, evidence: [] },
  });
}

/** A configuration with the plugin types that were found, `[` standing for the beginning of a list. */
function cniConfig(content: string): string {
  const types = content.split('\n').filter((line) => line !== '');
  const list = types.indexOf('[');
  const type = types.find((line) => line !== '[');
  if (list === -1) return JSON.stringify(type === undefined ? {} : { type });
  return JSON.stringify({ plugins: types.slice(list + 1).map((plugin) => ({ type: plugin })) });
}

interface Record {
  readonly kind: string;
  readonly path: string;
  readonly target: string | null;
  /** null: it could not be read. */
  readonly content: string | null;
}

function parseRecords(text: string): Record[] {
  const records: { kind: string; path: string; target: string | null; lines: string[] | null }[] = [];
  let ended = false;
  for (const line of text.split('\n')) {
    const last = records.at(-1);
    if (line === 'E') ended = true;
    else if (line.startsWith('>')) last?.lines?.push(line.slice(1));
    else if (line === '!' && last !== undefined) last.lines = null;
    else if (/^[DNLAFTC] ./.test(line)) {
      const [path = '', target] = line.slice(2).split('\t', 2);
      records.push({ kind: line.charAt(0), path, target: target ?? null, lines: [] });
    }
  }
  if (!ended) throw new Error('its answer is cut off');
  return records.map(({ lines, ...record }) => ({
    ...record,
    content: lines === null ? null : lines.map((line) => `${line}\n`).join(''),
  }));
}

function unpack(bytes: Uint8Array): string {
  const mark = Buffer.from(bytes.subarray(0, 1024 * 1024)).indexOf(`\n${answerMark}\n`);
  if (mark === -1) throw new Error('it did not run the script that was sent');
  const packed = bytes.subarray(mark + answerMark.length + 2);
  if (packed[0] !== 0x1f || packed[1] !== 0x8b) return Buffer.from(packed).toString('utf8');
  try {
    return gunzipSync(packed, { maxOutputLength: answerLimits.unpackedBytes }).toString('utf8');
  } catch (error) {
    throw new Error(`its answer cannot be unpacked: ${messageOf(error)}`);
  }
}
