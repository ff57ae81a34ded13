// SPDX-License-Identifier: Apache-2.0

/** The words of kstatus, so that whoever knows other tools knows these. */
export type StatusName = 'Current' | 'InProgress' | 'Failed' | 'Terminating' | 'NotFound' | 'Unknown';

export interface ObjectStatus {
  readonly status: StatusName;
  /** Why, for a person; of one that is current too. */
  readonly message: string;
}

export const current = (message: string): ObjectStatus => ({ status: 'Current', message });
export const inProgress = (message: string): ObjectStatus => ({ status: 'InProgress', message });
export const failed = (message: string): ObjectStatus => ({ status: 'Failed', message });
