// SPDX-License-Identifier: Apache-2.0

export interface StaleFlag {
  readonly flag: string;
  /** What takes its place. */
  readonly now: string;
  /** Gone: EAL refuses it and the program ends. Otherwise it is still taken. */
  readonly gone: boolean;
}

const pciAddress = /^(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]/i;

/** Words that only a command line of a DPDK program has. */
const dpdkWords =
  /^(?:.*\/)?(?:dpdk-[\w-]+|testpmd|l[23]fwd)$|^--(?:vdev|file-prefix|no-pci|single-file-segments|in-memory|main-lcore|master-lcore|iova-mode|proc-type|socket-mem|numa-mem|dpdk-pmd)(?:=|$)/;

/** Words of a text as EAL would get them; quotes of a shell are taken off. */
export function words(text: string): readonly string[] {
  return text
    .split(/[\s;&|]+/)
    .map((word) => word.replace(/^["'`([]+|["'`)\],]+$/g, ''))
    .filter((word) => word !== '');
}

export function isDpdk(line: readonly string[]): boolean {
  return line.some((word) => dpdkWords.test(word));
}

/** The flags of a command line that EAL took once and calls otherwise now. `-w` and `-c` belong to other programs too. */
export function staleFlags(line: readonly string[]): readonly StaleFlag[] {
  const dpdk = isDpdk(line);
  return line.flatMap((word, index): StaleFlag[] => {
    const next = line[index + 1] ?? '';
    const name = word.split('=', 1)[0] ?? '';
    if (name === '--pci-whitelist') return [{ flag: name, now: '--allow (-a)', gone: true }];
    if (name === '--pci-blacklist') return [{ flag: name, now: '--block (-b)', gone: true }];
    if (name === '--master-lcore') return [{ flag: name, now: '--main-lcore', gone: true }];
    const device = word === '-w' ? next : /^-w=?/.test(word) ? word.replace(/^-w=?/, '') : '';
    // A variable in place of the address is how scripts write it.
    if (pciAddress.test(device) || (dpdk && /^\$/.test(device))) return [{ flag: '-w', now: '-a', gone: true }];
    if (name === '--socket-mem') return [{ flag: name, now: '--numa-mem since DPDK 25.07', gone: false }];
    const mask = word === '-c' ? next : /^-c(?=0x)/.test(word) ? word.slice(2) : '';
    if (dpdk && /^(?:0x)?[0-9a-f]+$/i.test(mask)) return [{ flag: '-c', now: '-l, a list of CPUs', gone: false }];
    return [];
  });
}

/** The sockets that a command line names: of virtio-user, of a vhost port, of a vDPA daemon. */
export function socketPaths(line: readonly string[]): readonly string[] {
  return line.flatMap((word) =>
    [...word.matchAll(/(?:^|,)(?:path|iface|socket|sockpath)=(\/[^,]+)/g)].map((match) => match[1] ?? ''),
  );
}

/** The memory that a command line asks for in huge pages, MiB: EAL's `-m`, `--socket-mem`, `--numa-mem`; Seastar's `-m`. */
export function askedMemoryMiB(line: readonly string[]): number | null {
  const isSeastar = line.some((word) =>
    /^--(?:network-stack|hugepages|smp)(?:=|$)|^(?:.*\/)?(?:httpd|seawreck)$/.test(word),
  );
  if (!isDpdk(line) && !isSeastar) return null;
  for (const [index, word] of line.entries()) {
    const match = /^(?:-m=?|--memory=?|--(?:socket|numa)-mem=?)(.*)$/.exec(word);
    if (match === null || (match[1] === '' && word.startsWith('-m=') === true)) continue;
    const value = match[1] === '' || match[1] === undefined ? (line[index + 1] ?? '') : match[1];
    const parts = value.split(',').map(mebibytes);
    if (parts.every((part) => part !== null)) return parts.reduce((sum, part) => sum + part, 0);
  }
  return null;
}

/** `2G`, `512M`, or a number of MiB. */
function mebibytes(text: string): number | null {
  const match = /^(\d{1,9})([kKMGT]?)$/.exec(text);
  if (match === null) return null;
  const factor = { k: 1 / 1024, K: 1 / 1024, M: 1, G: 1024, T: 1024 * 1024 }[match[2] ?? ''] ?? 1;
  return Number(match[1]) * factor;
}

/** Kubernetes' quantity of bytes as MiB; null for what is none. */
export function quantityMiB(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|k|M|G|T)?$/.exec(text);
  if (match === null) return null;
  const binary = { Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4 };
  const factors: Readonly<Record<string, number>> = { ...binary, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
  return (Number(match[1]) * (factors[match[2] ?? ''] ?? 1)) / 1024 ** 2;
}
