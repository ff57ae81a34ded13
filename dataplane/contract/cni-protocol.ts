// SPDX-License-Identifier: Apache-2.0

/**
 * How the CNI plugin and the agent talk on cni.sock: one request a connection, answered once.
 *
 *     plugin: `vdpa-cni 1 <env-bytes> <stdin-bytes>\n`, the variables `KEY=VALUE` apart by NUL, what came on stdin
 *     agent:  `<exit-code> <bytes>\n`, what goes to stdout
 *
 * The plugin is dataplane/cni, in C; both keep to this page.
 */
export const cniProtocol = {
  maxHeaderBytes: 64,
  maxEnvBytes: 64 * 1024,
  maxStdinBytes: 1024 * 1024,
  /** How long the plugin waits until it is answered. The agent gives up a little earlier, and undoes what it began. */
  answerMs: 60_000,
} as const;

export interface CniRequest {
  readonly env: ReadonlyMap<string, string>;
  readonly stdin: string;
}

export interface CniAnswer {
  readonly exitCode: 0 | 1;
  readonly stdout: string;
}

interface Header {
  readonly envBytes: number;
  readonly stdinBytes: number;
}

const headerPattern = /^vdpa-cni 1 (0|[1-9]\d{0,6}) (0|[1-9]\d{0,6})$/;

/** The header of a request, without its newline; null for what is none or announces too much. */
export function parseHeader(line: string): Header | null {
  const match = headerPattern.exec(line);
  if (match === null) return null;
  const [envBytes, stdinBytes] = [Number(match[1]), Number(match[2])];
  return envBytes <= cniProtocol.maxEnvBytes && stdinBytes <= cniProtocol.maxStdinBytes
    ? { envBytes, stdinBytes }
    : null;
}

/** The variables of a request. As in an environment the first of two with one name holds. */
export function parseEnv(text: string): Map<string, string> {
  const env = new Map<string, string>();
  for (const entry of text.split('\0')) {
    const at = entry.indexOf('=');
    if (at > 0 && !env.has(entry.slice(0, at))) env.set(entry.slice(0, at), entry.slice(at + 1));
  }
  return env;
}

export function encodeRequest(env: Readonly<Record<string, string>>, stdin: string): Buffer {
  const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  const envBytes = Buffer.from(variables.join('\0'));
  const stdinBytes = Buffer.from(stdin);
  return Buffer.concat([Buffer.from(`vdpa-cni 1 ${envBytes.length} ${stdinBytes.length}\n`), envBytes, stdinBytes]);
}

export function encodeAnswer({ exitCode, stdout }: CniAnswer): Buffer {
  const body = Buffer.from(stdout);
  return Buffer.concat([Buffer.from(`${exitCode} ${body.length}\n`), body]);
}
