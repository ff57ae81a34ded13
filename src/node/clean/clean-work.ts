// SPDX-License-Identifier: Apache-2.0
import type { CleanRecord } from './clean-record.ts';
import type { CleanSystem } from './clean-system.ts';
import type { HostFiles } from './host-files.ts';

/** What each part of cleaning works with. */
export interface CleanWork {
  readonly files: HostFiles;
  readonly system: CleanSystem;
  readonly record: CleanRecord;
}
