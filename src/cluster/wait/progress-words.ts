// SPDX-License-Identifier: Apache-2.0
import { fullResourceName } from '../../templates/kubernetes/names.ts';
import { keyOf } from '../objects/object-ref.ts';
import { textAt } from './fields.ts';
import type { JudgedObject, Judgement } from './judge-stack.ts';
import type { Looks } from './look-at-workloads.ts';

/** Parts named in one line; the rest are counted. */
const shownParts = 4;

/** What is outstanding, in one line: `agent 3 of 5 nodes, device-plugin 1 of 5 nodes (pulling its image)`. */
export function outstandingText({ objects, nodes }: Judgement, looks: Looks): string {
  const parts = objects
    .filter(({ status }) => status.status !== 'Current')
    .map((object) => partText(object, objects, looks.get(keyOf(object.ref))?.isPulling ?? false));
  const waiting = nodes.filter(({ outstanding }) => outstanding !== null).length;
  if (parts.length === 0 && waiting > 0) {
    return `${fullResourceName} on ${nodes.length - waiting} of ${count(nodes.length, 'node')}`;
  }
  const more = parts.length - shownParts;
  return `${parts.slice(0, shownParts).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function partText(object: JudgedObject, all: readonly JudgedObject[], isPulling: boolean): string {
  const { ref, status, ready, wanted } = object;
  const image = isPulling ? ' (pulling its image)' : '';
  if (ref.kind === 'DaemonSet') return `${nameOf(object, all)} ${ready} of ${count(wanted, 'node')}${image}`;
  if (ref.kind === 'Deployment') return `${ref.name} ${ready} of ${count(wanted, 'pod')}${image}`;
  return `${ref.kind} ${ref.name}: ${status.message}`;
}

/** The component, where it is the only one of its kind; there is a backend for each class of nodes. */
function nameOf({ ref, live }: JudgedObject, all: readonly JudgedObject[]): string {
  const of = (object: object | null) => textAt(object, 'metadata', 'labels', 'app.kubernetes.io/component');
  const component = of(live);
  const alike = all.filter((other) => other.ref.kind === ref.kind && of(other.live) === component);
  return component !== '' && alike.length === 1 ? component : ref.name.replace(/^vdpactl-/, '');
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
