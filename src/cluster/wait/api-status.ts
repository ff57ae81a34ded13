// SPDX-License-Identifier: Apache-2.0
import { conditionOf, textAt, words } from './fields.ts';
import { current, failed, inProgress, type ObjectStatus } from './status.ts';

/** A kind is there once the server has taken its names and answers for it. */
export function crdStatus(object: unknown): ObjectStatus {
  const names = conditionOf(object, 'NamesAccepted');
  if (names?.status === 'False') return failed(words(names) || 'its names are taken');
  const established = conditionOf(object, 'Established');
  if (established?.status === 'True') return current('the server knows the kind');
  const isFailed = established?.status === 'False' && established.reason !== 'Installing';
  if (established !== null && isFailed) return failed(words(established) || 'the server does not take the kind');
  return inProgress('the server does not know the kind yet');
}

export function namespaceStatus(object: unknown): ObjectStatus {
  if (textAt(object, 'status', 'phase') === 'Terminating') {
    return { status: 'Terminating', message: 'it is being deleted' };
  }
  return current('it is there');
}

/** A job that has begun is where it should be; that it ends well is not what its being there promises. */
export function jobStatus(object: unknown): ObjectStatus {
  const failure = conditionOf(object, 'Failed');
  if (failure?.status === 'True') return failed(words(failure) || 'it failed');
  if (conditionOf(object, 'Complete')?.status === 'True') return current('it has ended well');
  if (conditionOf(object, 'Suspended')?.status === 'True') return current('it is suspended');
  return textAt(object, 'status', 'startTime') === '' ? inProgress('it has not begun') : current('it runs');
}
