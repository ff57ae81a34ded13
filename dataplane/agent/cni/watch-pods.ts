// SPDX-License-Identifier: Apache-2.0
import { watch } from 'node:fs';
import { messageOf } from '../../../src/errors/vdpa-error.ts';

/** Pods of a job come and go in numbers. */
const gatherMs = 100;

/**
 * Calls `onChange` when a pod has come or gone. Only a short cut: a node that is out of inotify watches, or whose folder is
 * not there yet, waits for the next sweep.
 */
export function watchPods(folder: string, onChange: () => void, log: (line: string) => void): { stop(): void } {
  const goOnWithout = (error: unknown) => log(`pods that go are seen by the next sweep only: ${messageOf(error)}`);
  let timer: NodeJS.Timeout | null = null;
  const changed = () => {
    timer ??= setTimeout(() => {
      timer = null;
      onChange();
    }, gatherMs).unref();
  };
  const stopTimer = () => clearTimeout(timer ?? undefined);
  try {
    const watcher = watch(folder, { persistent: false }, changed).on('error', goOnWithout);
    return {
      stop() {
        watcher.close();
        stopTimer();
      },
    };
  } catch (error) {
    goOnWithout(error);
    return { stop: stopTimer };
  }
}
