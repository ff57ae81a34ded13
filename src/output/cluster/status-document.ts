// SPDX-License-Identifier: Apache-2.0
import type { ClusterStatus } from '../../cluster/status/status-types.ts';
import type { VdpaError } from '../../errors/vdpa-error.ts';
import { errorFields } from '../error-text.ts';
import type { Place } from './deploy-document.ts';

/** The status of a stack in a cluster, as data. */
export function statusFields(place: Place, status: ClusterStatus) {
  const { state, stackVersion, version, lease, components, nodes, drift, problems } = status;
  return { ...place, state, stackVersion, version, lease, components, nodes, drift, problems, error: null };
}

/** A cluster that cannot be asked: the same keys. */
export function failedStatusFields(place: Place, error: VdpaError) {
  return {
    ...{ ...place, state: 'unknown' as const, stackVersion: null, version: null, lease: null },
    ...{ components: [], nodes: [], drift: [], problems: [error.message], error: errorFields(error) },
  };
}
