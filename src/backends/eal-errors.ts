// SPDX-License-Identifier: Apache-2.0

/** What a line in the log of a DPDK program says is wrong. */
type EalErrorKind =
  | 'no-hugepages'
  | 'not-enough-memory'
  | 'cannot-init-memory'
  | 'no-such-device'
  | 'device-init-failed'
  | 'port-not-found'
  | 'port-start-failed'
  | 'plugin-missing'
  | 'socket-in-use'
  | 'socket-missing'
  | 'permission'
  | 'already-running'
  | 'cpu-unavailable'
  | 'offload'
  | 'argument'
  | 'exit';

export interface EalError {
  readonly kind: EalErrorKind;
  /** The line itself, trimmed and shortened. */
  readonly line: string;
}

interface Rule {
  readonly kind: EalErrorKind;
  readonly pattern: RegExp;
}

/**
 * Lines that say something only where no huge pages were found at all: a healthy start prints them too, for the page
 * sizes that it does not need.
 */
const hugepageHint = /No (?:free|available) \d{1,9} kB hugepages|no mounted hugetlbfs found/;
const noHugepagesAtAll = /Cannot get hugepage information/;

/** The first that matches a line decides. Spellings of DPDK 22.11 and 24.11; 24.11 adds a component in front. */
const rules: readonly Rule[] = [
  { kind: 'no-hugepages', pattern: noHugepagesAtAll },
  { kind: 'not-enough-memory', pattern: /Not enough memory available|Creation of mbuf pool .{0,80}failed/ },
  { kind: 'socket-in-use', pattern: /Address already in use/ },
  {
    kind: 'socket-missing',
    pattern: /(?:connect error, |failed to bind: )No such file|Invalid socket directory/,
  },
  { kind: 'plugin-missing', pattern: /cannot open shared object file|Cannot init plugins/ },
  { kind: 'already-running', pattern: /Is another primary process running/ },
  { kind: 'permission', pattern: /: Permission denied$|Operation not permitted$|Could not open AF_PACKET socket/ },
  { kind: 'no-such-device', pattern: /(?:failed|[Uu]nable) to parse device|No such device$|Requested device .{1,80} / },
  { kind: 'device-init-failed', pattern: /failed to initialize \S{1,80} device|Bus \(\w{1,20}\) probe failed/ },
  { kind: 'port-not-found', pattern: /No probed ethernet devices|is not present on the board|No ports to forward/ },
  { kind: 'offload', pattern: /requested [RT]x offloads .{1,80}(?:doesn't|does not) match/ },
  { kind: 'port-start-failed', pattern: /Fail to configure port|Start ports failed|Cannot configure device/ },
  {
    kind: 'cpu-unavailable',
    pattern: /core \d{1,6} unavailable|No cores defined for forwarding|lcore \d{1,6} is not enabled/,
  },
  {
    kind: 'argument',
    pattern: /unrecognized option|invalid parameter for|is not compatible with|Invalid \S+ parameters/,
  },
  { kind: 'cannot-init-memory', pattern: /Cannot init memory/ },
  { kind: 'exit', pattern: /^\s*Cause: |^Cannot init EAL|^EAL: Error - exiting|PANIC in / },
];

/** The way out of rte_exit: it repeats an errno that is often misleading ("Permission denied" without huge pages). */
const exitLine = /^\s*Cause: Cannot init EAL|^Cannot init EAL/;

const maxLineLength = 300;

/**
 * The lines of a DPDK program's log that say why it does not work, in the order of the log, each once. Any text is
 * accepted, in time linear in its length. An empty answer says only that nothing was recognised.
 */
export function parseEalErrors(text: string): EalError[] {
  const found: EalError[] = [];
  const seen = new Set<string>();
  for (const raw of text.split('\n')) {
    const line = raw.slice(0, maxLineLength).trim();
    const kind = kindOf(line);
    // DPDK 22.11 prints some lines twice, once with FATAL.
    const key = line.replace('FATAL: ', '').replace(/\.$/, '');
    if (kind !== null && !seen.has(key)) {
      seen.add(key);
      found.push({ kind, line });
    }
  }
  return found.some(({ line }) => noHugepagesAtAll.test(line))
    ? found
    : found.filter(({ line }) => !hugepageHint.test(line));
}

/** The one to show first: the earliest that is not just the way out, or the last word on the way out. */
export function mainEalError(errors: readonly EalError[]): EalError | null {
  return errors.find(({ kind }) => kind !== 'exit') ?? errors.at(-1) ?? null;
}

function kindOf(line: string): EalErrorKind | null {
  if (exitLine.test(line)) {
    return 'exit';
  }
  if (hugepageHint.test(line)) {
    return 'no-hugepages';
  }
  return rules.find(({ pattern }) => pattern.test(line))?.kind ?? null;
}
