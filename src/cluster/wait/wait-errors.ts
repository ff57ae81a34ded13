// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { keyOf, refText, resourceText } from '../objects/object-ref.ts';
import { type ObjectEvent, readEvents, tellingEvent } from './events.ts';
import { textAt } from './fields.ts';
import type { Hopeless } from './hopeless.ts';
import type { JudgedNode, JudgedObject, Judgement } from './judge-stack.ts';
import type { Looks } from './look-at-workloads.ts';
import type { UnreadyPod } from './pod-look.ts';

/** Nodes that are named one by one; a cluster can have thousands. */
const shownNodes = 20;

interface Late {
  readonly client: KubeClient;
  readonly judgement: Judgement;
  readonly looks: Looks;
  /** Which time is over, and how long it was. */
  readonly over: 'wait' | 'pull';
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** VDPA-DEPLOY-002: names the slowest object, what was last said of it, and how to see more. */
export async function tooLate({ client, judgement, looks, over, limitMs, signal }: Late): Promise<VdpaError> {
  const { objects, nodes } = judgement;
  const after = `after ${Math.round(limitMs / 100) / 10} s${over === 'pull' ? ' of waiting for images' : ''}`;
  const details = outstandingLines(judgement);
  const where = `context ${client.access.context}`;
  const slowest = slowestOf(objects);
  if (slowest !== null) {
    const pod = looks.get(keyOf(slowest.ref))?.unready[0] ?? null;
    const event = await lastEvent(client, slowest, pod, signal);
    const said = event === null ? podWords(pod) : `; ${event}`;
    const message = `${after}: ${refText(slowest.ref)}: ${slowest.status.message}${said}`;
    return new VdpaError('VDPA-DEPLOY-002', message, { where, next: nextFor(slowest, pod, over), details });
  }
  const node = nodes.filter(({ outstanding }) => outstanding !== null).sort((a, b) => shareOf(a) - shareOf(b))[0];
  const name = node?.name ?? '';
  const selector = `involvedObject.kind=Node,involvedObject.name=${name},type=Warning`;
  const event = (await readEvents(client, null, selector, signal)).at(-1);
  const said = event === undefined ? '' : `; ${eventText(event)}`;
  return new VdpaError('VDPA-DEPLOY-002', `${after}: node ${name}: ${node?.outstanding ?? ''}${said}`, {
    where,
    next: `see the device plugin's log there: kubectl get pods -A -o wide --field-selector spec.nodeName=${name} -l app.kubernetes.io/component=device-plugin`,
    details,
  });
}

/** VDPA-DEPLOY-003: waiting is in vain. */
export function inVain(client: KubeClient, { ref, why, pod }: Hopeless, judgement: Judgement): VdpaError {
  const on = pod === null ? '' : ` (pod ${pod.name}${pod.node === null ? '' : ` on ${pod.node}`})`;
  const see =
    pod === null
      ? `kubectl describe -n ${ref.namespace ?? ''} ${resourceText(ref)}/${ref.name}`
      : `kubectl logs -n ${pod.namespace} ${pod.name} --all-containers --previous`;
  return new VdpaError('VDPA-DEPLOY-003', `${refText(ref)}${on}: ${why}`, {
    where: `context ${client.access.context}`,
    next: `mend what it says, and run the same command again; see also: ${see}`,
    details: outstandingLines(judgement),
  });
}

/** Everything that is not ready, one line each. */
export function outstandingLines({ objects, nodes, unavailable }: Judgement): string[] {
  const late = nodes.filter(({ outstanding }) => outstanding !== null);
  return [
    ...objects
      .filter(({ status }) => status.status !== 'Current')
      .map(({ ref, status }) => `${refText(ref)}: ${status.message}`),
    ...shortened(late.map(({ name, outstanding }) => `node ${name}: ${outstanding ?? ''}`)),
    ...shortened(unavailable.map(({ name, why }) => `node ${name}: done without: ${why}`)),
  ];
}

function shortened(lines: readonly string[]): string[] {
  const more = lines.length - shownNodes;
  return more > 0 ? [...lines.slice(0, shownNodes), `and ${more} more nodes`] : [...lines];
}

/** What others wait for comes first: a kind, a namespace. Then the one that lacks most. */
function slowestOf(objects: readonly JudgedObject[]): JudgedObject | null {
  const late = objects.filter(({ status }) => status.status !== 'Current');
  const isRunning = ({ ref }: JudgedObject) => ref.kind === 'DaemonSet' || ref.kind === 'Deployment';
  const share = ({ ready, wanted }: JudgedObject) => (wanted === 0 ? 1 : ready / wanted);
  const first = late.find((object) => !isRunning(object));
  return first ?? [...late].sort((a, b) => share(a) - share(b))[0] ?? null;
}

const shareOf = ({ allocatable, planned }: JudgedNode): number => (planned === 0 ? 1 : (allocatable ?? 0) / planned);

async function lastEvent(
  client: KubeClient,
  { ref, live }: JudgedObject,
  pod: UnreadyPod | null,
  signal: AbortSignal,
): Promise<string | null> {
  if (ref.namespace === null) return null;
  // A DaemonSet has an event for each pod that was made: what is told of it is what went wrong.
  const own = `involvedObject.uid=${textAt(live, 'metadata', 'uid')},type=Warning`;
  const [ofPod, ofObject] = await Promise.all([
    pod === null ? [] : readEvents(client, pod.namespace, `involvedObject.uid=${pod.uid}`, signal),
    readEvents(client, ref.namespace, own, signal),
  ]);
  const told = tellingEvent(ofPod);
  const warned = tellingEvent(ofObject);
  if (warned !== null && (told === null || (!told.isWarning && warned.at > told.at))) {
    return `last event: ${eventText(warned)}`;
  }
  if (told === null || pod === null) return null;
  const on = pod.node === null ? '' : ` on ${pod.node}`;
  return `last event of its pod ${pod.name}${on}: ${eventText(told)}`;
}

const eventText = ({ reason, message }: ObjectEvent): string => (message === '' ? reason : `${reason}: ${message}`);

function podWords(pod: UnreadyPod | null): string {
  if (pod === null) return '';
  return `; its pod ${pod.name}${pod.node === null ? '' : ` on ${pod.node}`}: ${pod.status.message}`;
}

function nextFor({ ref }: JudgedObject, pod: UnreadyPod | null, over: 'wait' | 'pull'): string {
  const see =
    pod === null
      ? `kubectl describe ${ref.namespace === null ? '' : `-n ${ref.namespace} `}${resourceText(ref)}/${ref.name}`
      : `kubectl describe pod -n ${pod.namespace} ${pod.name}`;
  const then =
    over === 'pull'
      ? 'run the same command again, which goes on waiting'
      : 'run the same command again, with a longer --timeout where it was only slow';
  return `see ${see}; then ${then}`;
}
