// SPDX-License-Identifier: Apache-2.0
import { conditionOf, numberAt, recordsAt, textAt, words } from './fields.ts';
import { current, failed, inProgress, type ObjectStatus } from './status.ts';

export interface ContainerState {
  readonly name: string;
  readonly kind: 'waiting' | 'running' | 'terminated' | 'unknown';
  readonly reason: string;
  readonly message: string;
  readonly restarts: number;
  readonly ready: boolean;
  /** How it ended the last time, where it is known. */
  readonly lastExit: { readonly exitCode: number; readonly reason: string; readonly message: string } | null;
}

/** The containers of a pod, those that prepare it first, in the order in which they run. */
export function containersOf(pod: unknown): ContainerState[] {
  const statuses = ['initContainerStatuses', 'containerStatuses'].flatMap((list) => recordsAt(pod, 'status', list));
  return statuses.map((status) => {
    const kind = (['waiting', 'running', 'terminated'] as const).find((name) => hasState(status, name)) ?? 'unknown';
    return {
      name: textAt(status, 'name'),
      kind,
      reason: textAt(status, 'state', kind, 'reason'),
      message: textAt(status, 'state', kind, 'message'),
      restarts: numberAt(status, 'restartCount') ?? 0,
      ready: status['ready'] === true,
      lastExit: exitOf(status, 'state') ?? exitOf(status, 'lastState'),
    };
  });
}

function hasState(status: Readonly<Record<string, unknown>>, name: string): boolean {
  const state = status['state'];
  return typeof state === 'object' && state !== null && Object.hasOwn(state, name);
}

function exitOf(status: Readonly<Record<string, unknown>>, state: string): ContainerState['lastExit'] {
  const exitCode = numberAt(status, state, 'terminated', 'exitCode');
  if (exitCode === null) return null;
  const at = [state, 'terminated'];
  return { exitCode, reason: textAt(status, ...at, 'reason'), message: textAt(status, ...at, 'message') };
}

/** Reasons of a container that no waiting mends: its pod has to be made anew, and differently. */
const hopeless = new Set(['InvalidImageName', 'ErrImageNeverPull']);
/** Kubernetes tries again by itself, and it may go well. */
const pulling = new Set(['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable']);

export const isHopeless = ({ kind, reason }: ContainerState): boolean => kind === 'waiting' && hopeless.has(reason);

export function podStatus(pod: unknown): ObjectStatus {
  const phase = textAt(pod, 'status', 'phase');
  const why = words({ reason: textAt(pod, 'status', 'reason'), message: textAt(pod, 'status', 'message') });
  if (phase === 'Succeeded') return current('it has ended well');
  if (phase === 'Failed') return failed(why || 'it failed');
  const containers = containersOf(pod);
  const waiting = containers.filter(({ kind }) => kind === 'waiting');
  const looping = waiting.find(({ reason }) => reason === 'CrashLoopBackOff');
  if (looping !== undefined) return failed(`the container ${looping.name} ${endings(looping)}`);
  const stuck = waiting.find(isHopeless);
  if (stuck !== undefined) return failed(words(stuck));
  const pull = waiting.find(({ reason }) => pulling.has(reason));
  if (pull !== undefined) return inProgress(words(pull));
  const ready = conditionOf(pod, 'Ready');
  if (phase === 'Running' && ready?.status === 'True') return current('it is ready');
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status === 'False') return inProgress(words(scheduled) || 'no node is found for it');
  return inProgress(stageOf(containers) ?? (why || 'it has not started'));
}

function stageOf(containers: readonly ContainerState[]): string | null {
  const stage = containers.find(({ kind, ready }) => !ready && kind !== 'terminated');
  if (stage === undefined) return null;
  if (stage.kind === 'running') return `the container ${stage.name} runs and is not ready`;
  return stage.reason === '' ? `the container ${stage.name} has not started` : `${stage.name}: ${words(stage)}`;
}

/** `ended 3 times, last with exit code 1: the last words of its log`. */
export function endings({ restarts, lastExit }: ContainerState): string {
  const times = `ended ${restarts} ${restarts === 1 ? 'time' : 'times'}`;
  if (lastExit === null) return times;
  const { exitCode, reason, message } = lastExit;
  const how = reason === '' || reason === 'Error' ? '' : ` (${reason})`;
  const said = message.trim().split('\n').at(-1)?.trim() ?? '';
  return `${times}, last with exit code ${exitCode}${how}${said === '' ? '' : `: ${said.slice(0, 300)}`}`;
}
