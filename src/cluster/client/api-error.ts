// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { ErrorCode } from '../../errors/error-codes.ts';
import { VdpaError, type VdpaErrorDetails } from '../../errors/vdpa-error.ts';
import type { ClusterAccess } from './kubeconfig.ts';

const statusSchema = z.object({
  kind: z.literal('Status'),
  message: z.string().default(''),
  reason: z.string().default(''),
  details: z
    .object({
      causes: z
        .array(
          z.object({
            reason: z.string().default(''),
            field: z.string().default(''),
            message: z.string().default(''),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

/** One of several reasons for which a request was refused, with the field that it is about. */
export interface ErrorCause {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

/** What an API server answered instead of what it was asked for. */
export class ApiError extends VdpaError {
  /** The HTTP status. */
  readonly status: number;
  /** As Kubernetes names it: `NotFound`, `AlreadyExists`, `Forbidden`, …; empty when something else answered. */
  readonly reason: string;
  readonly causes: readonly ErrorCause[];

  constructor(
    code: ErrorCode,
    message: string,
    status: number,
    reason: string,
    details: VdpaErrorDetails,
    causes: readonly ErrorCause[] = [],
  ) {
    super(code, message, details);
    this.status = status;
    this.reason = reason;
    this.causes = causes;
  }
}

interface Asked {
  readonly method: string;
  readonly path: string;
}

/** An answer of status 400 or more, as an error that says what was asked for and refused. */
export function apiError(status: number, body: string, asked: Asked, access: ClusterAccess): ApiError {
  const parsed = parseStatus(body);
  const reason = parsed?.reason ?? '';
  const message = parsed?.message || body.trim().split('\n')[0]?.slice(0, 300) || `status ${status}`;
  const where = `context ${access.context}`;
  const fail = (code: ErrorCode, text: string, next: string, details: readonly string[] = []) =>
    new ApiError(code, text, status, reason, { where, next, details }, parsed?.details?.causes ?? []);
  if (status === 401) {
    return fail(
      'VDPA-CLUSTER-004',
      'the API server does not take the credentials: they are wrong or have expired',
      logInNext(access),
    );
  }
  const forbidden = status === 403 ? forbiddenAction(message) : null;
  if (forbidden !== null) {
    const scope = forbidden.namespace === null ? '' : ` -n ${forbidden.namespace}`;
    return fail(
      'VDPA-CLUSTER-003',
      `the user ${forbidden.user} may not ${forbidden.action}`,
      `ask for that right, and see what you have: kubectl auth can-i --list${scope}`,
      [message],
    );
  }
  if (status === 504 || reason === 'Timeout' || reason === 'ServerTimeout') {
    return fail('VDPA-CLUSTER-005', `the API server did not do it in time: ${message}`, 'try again');
  }
  const causes = (parsed?.details?.causes ?? []).map((cause) => `${cause.field}: ${cause.message}`);
  return fail(
    'VDPA-CLUSTER-006',
    `the API server refused ${asked.method} ${asked.path.split('?')[0] ?? ''}: ${message}`,
    'change what it names; admission policies and quotas are set by who runs the cluster',
    causes.length > 1 ? causes : [],
  );
}

function parseStatus(body: string): z.infer<typeof statusSchema> | null {
  try {
    return statusSchema.parse(JSON.parse(body));
  } catch {
    return null;
  }
}

/** The words of RBAC. Admission also answers "forbidden", and is told apart by them. */
const rbac =
  /User "([^"]*)" cannot (\S+) (?:resource "([^"]+)" in API group "([^"]*)"|path "([^"]+)")(?: in the namespace "([^"]+)")?/;

function forbiddenAction(message: string): { user: string; action: string; namespace: string | null } | null {
  const [, user, verb, resource, group, path, namespace] = rbac.exec(message) ?? [];
  if (user === undefined || verb === undefined) return null;
  const suffix = group === '' || group === undefined ? '' : `.${group}`;
  const object = resource === undefined ? (path ?? '') : `${resource}${suffix}`;
  const place = namespace === undefined ? '' : ` in the namespace ${namespace}`;
  return { user, action: `${verb} ${object}${place}`, namespace: namespace ?? null };
}

function logInNext({ user, context }: ClusterAccess): string {
  if (user.exec) return `log in anew with what ${user.exec.command} belongs to, and run the same command again`;
  return `get a new kubeconfig or token for the context ${context}, or choose another one with --context`;
}
