// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon, untilReady } from '../../cluster/helpers/daemon.ts';

export interface Answer {
  /** null: the connection broke, or the time was over. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs commands in a guest, over SSH through its uplink. */
export interface Shell {
  /** Runs a bash script; by `vdpactl` it has the command line under test. */
  run(script: string, options?: RunOptions): Promise<Answer>;
  /** Standard output of a script that has to succeed. */
  get(script: string): Promise<string>;
  /** The bytes of a file, which should be small. */
  fetch(path: string): Promise<Buffer>;
  /** Starts a program that runs on beside; its output goes to /run/lab/NAME.log. */
  begin(name: string, command: string): Promise<void>;
  /** Ends it by SIGTERM and gives back its output. */
  end(name: string): Promise<string>;
  /** Waits until the output of a program that `begin` started has a text. Throws with the output when it does not come. */
  untilSaid(name: string, text: string, timeoutMs?: number): Promise<string>;
  /** A command that brings a person there. */
  readonly connect: string;
  close(): Promise<void>;
}

/** Where a service of a guest is reached. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** The environment of every script. Its output is UTF-8 without colours, as in a CI job. */
const preamble = `export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 CI=true
mkdir -p /run/lab
vdpactl() { node /opt/vdpactl/bin/vdpactl.js "$@"; }
`;

/** One SSH connection, which all commands share: in emulation each takes seconds to agree on its keys. */
export async function openShell(built: string, { host, port }: Place, folder: string): Promise<Shell> {
  const control = `${folder}/ssh`;
  const options = [
    ...['-F', 'none', '-i', `${built}/key`, '-p', String(port)],
    ...['BatchMode=yes', `UserKnownHostsFile=${built}/known_hosts`, 'HostKeyAlias=vdpactl-lab'].flatMap(option),
    ...['StrictHostKeyChecking=yes', 'ConnectTimeout=60', 'KexAlgorithms=curve25519-sha256'].flatMap(option),
    ...['ServerAliveInterval=10', `ControlPath=${control}`].flatMap(option),
  ];
  const to = `root@${host}`;
  const master = startDaemon('ssh', ['ssh', ...options, '-o', 'ControlMaster=yes', '-N', to], folder);
  const ssh = (command: string, more: RunOptions = {}) =>
    runProgram('ssh', [...options, '-o', 'ControlMaster=no', to, command], more);
  await untilReady(master, async () => (await runProgram('ssh', [...options, '-O', 'check', to])).code === 0, 90_000);

  const run: Shell['run'] = (script, more = {}) => {
    const command = `${preamble}${script}`;
    return ssh(`exec bash -c ${quoted(command)}`, more);
  };
  const get = async (script: string) => {
    const { code, stdout, stderr } = await run(script);
    if (code !== 0) throw new Error(`exit code ${code} of: ${script}\n${stderr || stdout}`);
    return stdout;
  };
  return {
    run,
    get,
    fetch: async (path) => Buffer.from(await get(`base64 ${path}`), 'base64'),
    async begin(name, command) {
      const script = `${preamble}echo $$ >/run/lab/${name}.pid; exec ${command}`;
      await get(`setsid bash -c ${quoted(script)} >/run/lab/${name}.log 2>&1 </dev/null &`);
    },
    async end(name) {
      return get(`pid=$(cat /run/lab/${name}.pid)
        kill "$pid" 2>/dev/null && for _ in {1..200}; do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        kill -KILL "$pid" 2>/dev/null && echo 'lab: had to be killed' >>/run/lab/${name}.log
        cat /run/lab/${name}.log`);
    },
    async untilSaid(name, text, timeoutMs = 60_000) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const said = await get(`cat /run/lab/${name}.log 2>/dev/null || true`);
        if (said.includes(text)) return said;
        if (performance.now() > deadline) throw new Error(`${name} does not say "${text}":\n${said}`);
        await sleep(300);
      }
    },
    connect: ['ssh', ...options, to].join(' '),
    close: () => master.kill(),
  };
}

interface RunOptions {
  readonly timeoutMs?: number;
  /** A file to read standard input from. */
  readonly stdinFile?: string;
}

/** Runs a program to its end, with its output as it was. */
export function runProgram(file: string, args: readonly string[], options: RunOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: options.timeoutMs ?? 180_000 });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
    child.stdin.on('error', () => {
      // It need not read what it is given.
    });
    if (options.stdinFile === undefined) child.stdin.end();
    else createReadStream(options.stdinFile).pipe(child.stdin);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout: text(stdout), stderr: text(stderr) }));
  });
}

function text(parts: readonly Buffer[]): string {
  return Buffer.concat(parts).toString('utf8');
}

function option(name: string): string[] {
  return ['-o', name];
}

function quoted(script: string): string {
  return `'${script.replaceAll("'", `'\\''`)}'`;
}
