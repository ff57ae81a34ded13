// SPDX-License-Identifier: Apache-2.0

import type { RootFs } from '../root-fs.ts';
import type { FurtherRoute } from './ip-command.ts';
import {
  type InterfaceAddress,
  type Ipv4Route,
  type Ipv6Route,
  parseFibTrieFurtherTables,
  parseFibTrieLocals,
  parseIfInet6,
  parseIpv4Routes,
  parseIpv6Routes,
  parseNetDev,
  parsePppoe,
  type Table,
} from './net-tables.ts';

/** Enough for 60,000 routes. A table that is longer counts as unread. */
const tableLimit = 8 * 1024 * 1024;

/** Why it cannot be told whether an interface is an uplink. */
interface Doubt {
  readonly text: string;
  readonly path: string;
}

/** What the kernel's tables say about the network of a node, and how far they can be trusted. */
export interface NetFacts {
  /** The interfaces in sys/class/net. */
  readonly interfaces: readonly string[];
  readonly ipv4Routes: readonly Ipv4Route[];
  readonly ipv6Routes: readonly Ipv6Route[];
  readonly ipv6Addresses: readonly InterfaceAddress[];
  /** IPv4 addresses of the node; the kernel's table does not say of which interface. */
  readonly ipv4Locals: readonly string[];
  /** IPv4 routes of other tables than main, which is all that `ipv4Routes` has. */
  readonly furtherRoutes: readonly FurtherRoute[];
  /** Tables with routes of which nothing says whose they are. */
  readonly unplacedTables: readonly string[];
  readonly pppoe: readonly string[];
  /** Empty when all was read: otherwise nothing can be said of an interface that no table names. */
  readonly doubts: readonly Doubt[];
}

const classNet = 'sys/class/net';

export function readNetFacts(fs: RootFs): NetFacts {
  const doubts: Doubt[] = [];
  const doubt = (path: string, text: string) => doubts.push({ path, text });

  function table<Row>(path: string, parse: (text: string) => Table<Row>, required: boolean): readonly Row[] {
    const file = fs.read(path, tableLimit);
    if (file === null) {
      if (required) doubt(path, `/${path} cannot be read`);
      return [];
    }
    const { rows, unreadLines } = parse(file.text);
    if (file.truncated) doubt(path, `/${path} is longer than ${tableLimit / 1024 / 1024} MiB`);
    else if (unreadLines > 0)
      doubt(path, `/${path} holds what is not understood, in ${unreadLines === 1 ? '1 line' : `${unreadLines} lines`}`);
    return rows;
  }

  const trie = 'proc/net/fib_trie';
  const file = fs.read(trie, tableLimit);

  function locals(): readonly string[] {
    const path = trie;
    const addresses = parseFibTrieLocals(file?.text ?? '');
    if (file?.truncated === true) doubt(path, `/${path} is longer than ${tableLimit / 1024 / 1024} MiB`);
    // A machine that was asked is believed, unless it contradicts itself. In any other captured tree, a table without even
    // the loopback interface's address is none; the table may be missing, though, as long as there are routes to tell instead.
    const running = fs.told?.runningAddresses() ?? null;
    const isTable = addresses.length > 0 || (file !== null && running?.length === 0);
    if (!isTable && (running !== null || file !== null || fs.read('proc/net/route')?.text === '')) {
      doubt(path, `/${path} shows no address, not even of the loopback interface`);
    }
    return addresses.filter((address) => !address.startsWith('127.'));
  }

  /** Asked only where there are such tables, which few machines have. */
  function further(): Pick<NetFacts, 'furtherRoutes' | 'unplacedTables'> {
    const tables = parseFibTrieFurtherTables(file?.text ?? '');
    const furtherRoutes = tables.length === 0 ? [] : (fs.told?.furtherRoutes() ?? []);
    return { furtherRoutes, unplacedTables: furtherRoutes.length === 0 ? tables : [] };
  }

  // IPv6 can be off, and then it has no tables at all; IPv4 cannot.
  const ipv6 = ['proc/sys/net/ipv6', 'proc/net/if_inet6', 'proc/net/ipv6_route'].some((path) => fs.exists(path));
  const facts = {
    ipv4Routes: table('proc/net/route', parseIpv4Routes, true),
    ipv6Routes: table('proc/net/ipv6_route', parseIpv6Routes, ipv6),
    ipv6Addresses: table('proc/net/if_inet6', parseIfInet6, ipv6),
    ipv4Locals: locals(),
    ...further(),
    pppoe: parsePppoe(fs.readText('proc/net/pppoe') ?? ''),
  };
  const interfaces = readInterfaces(fs);
  // Read again before believing it: interfaces come and go while pods do.
  const stranger = () =>
    strangerBetween(readInterfaces(fs), parseNetDev(fs.read('proc/net/dev', tableLimit)?.text ?? ''));
  const name = stranger() === null ? null : stranger();
  if (name !== null) {
    doubt('proc/net/dev', `/proc/net/dev and /${classNet} show different network namespaces: only one knows ${name}`);
  }
  return { interfaces, ...facts, doubts };
}

/** The interfaces in sysfs. Drivers put a plain file there too (`bonding_masters`). */
export function readInterfaces(fs: RootFs): string[] {
  return fs.list(classNet).filter((name) => name !== 'bonding_masters');
}

/** The first name that only one of the two lists has. */
function strangerBetween(inSys: readonly string[], inProc: readonly string[] | null): string | null {
  if (inProc === null) return null;
  return inSys.find((name) => !inProc.includes(name)) ?? inProc.find((name) => !inSys.includes(name)) ?? null;
}
