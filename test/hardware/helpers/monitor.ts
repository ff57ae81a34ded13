// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from 'node:net';

/** What changes a machine that runs: QEMU's monitor. */
export interface Monitor {
  /** A command, spelled as at QEMU's prompt. Rejects with what QEMU says against it. */
  run(command: string): Promise<void>;
  close(): void;
}

/** Speaks QMP over the UNIX socket that QEMU listens on. */
export async function openMonitor(path: string): Promise<Monitor> {
  const socket = connect(path);
  const answers = answersOf(socket);
  // It greets first, and takes commands once it was answered.
  await answers();
  const ask = async (execute: string, args: object = {}): Promise<unknown> => {
    socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    return answers();
  };
  await ask('qmp_capabilities');
  return {
    async run(command) {
      const said = await ask('human-monitor-command', { 'command-line': command });
      if (said !== '') throw new Error(`${command}: ${String(said)}`);
    },
    close: () => socket.destroy(),
  };
}

/** Waits for the next answer; what QEMU says unasked (events) is passed over. */
function answersOf(socket: Socket): () => Promise<unknown> {
  const waiting: { resolve(answer: unknown): void; reject(error: Error): void }[] = [];
  const come: unknown[] = [];
  let rest = '';
  const failed = (error: Error) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const message: { QMP?: unknown; return?: unknown; error?: { desc: string } } = JSON.parse(line);
      if (message.error !== undefined) failed(new Error(message.error.desc));
      else if ('QMP' in message || 'return' in message) {
        const next = waiting.shift();
        if (next === undefined) come.push(message.return);
        else next.resolve(message.return);
      }
    }
  });
  socket.on('error', failed).on('close', () => failed(new Error('QEMU has closed its monitor')));
  return () =>
    come.length > 0
      ? Promise.resolve(come.shift())
      : new Promise((resolve, reject) => waiting.push({ resolve, reject }));
}
