// SPDX-License-Identifier: Apache-2.0
import { type ErrorCode, type ExitCode, errorCodes } from './error-codes.ts';

export interface VdpaErrorDetails {
  /** Where it went wrong: `file:line:column`, a path, a device. */
  readonly where?: string;
  /** What the user does next; a command to type where there is one. */
  readonly next: string;
  /** More to read: the end of a log, the list of problems. One entry a line. */
  readonly details?: readonly string[];
  readonly cause?: unknown;
}

/** An error that a user can act on. Anything else that is thrown is a fault of vdpactl and reported as one. */
export class VdpaError extends Error {
  override readonly name = 'VdpaError';
  readonly code: ErrorCode;
  readonly where: string | null;
  readonly next: string;
  readonly details: readonly string[];

  constructor(code: ErrorCode, message: string, details: VdpaErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.where = details.where ?? null;
    this.next = details.next;
    this.details = details.details ?? [];
  }

  get exitCode(): ExitCode {
    return errorCodes[this.code].exit;
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `errno` name (`ENOENT`, …) of a failed system call, or null. */
export function errnoOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
