// SPDX-License-Identifier: Apache-2.0
import { errnoOf, messageOf, VdpaError } from '../../errors/vdpa-error.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** A request that no answer came to. */
export class ConnectionFailure extends Error {
  override readonly name = 'ConnectionFailure';
  /** Whether the server was reached, so that it may have done what it was asked. */
  readonly connected: boolean;
  /** Whether the connection was an old one, which the server may have closed by then. */
  readonly reused: boolean;

  constructor(cause: unknown, { connected, reused }: { readonly connected: boolean; readonly reused: boolean }) {
    super(messageOf(cause), { cause });
    this.connected = connected;
    this.reused = reused;
  }
}

const untrusted = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

/** What a user reads of it: VDPA-CLUSTER-002 when the server was never reached, VDPA-CLUSTER-005 when it did not answer. */
export function unreachable(failure: ConnectionFailure, { context, server }: ClusterAccess): VdpaError {
  const where = `${server.origin} (context ${context})`;
  const { cause } = failure;
  if (failure.connected) {
    return new VdpaError('VDPA-CLUSTER-005', `the API server did not answer: ${reasonOf(cause)}`, {
      where,
      next: 'try again; if it stays so, ask who runs the cluster whether its API server is overloaded or restarting',
      cause,
    });
  }
  const code = errnoOf(cause) ?? '';
  if (untrusted.has(code) || code.startsWith('CERT_') || code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new VdpaError(
      'VDPA-CLUSTER-002',
      `the certificate of the API server is not to be trusted: ${failure.message}`,
      {
        where,
        next: 'get the kubeconfig anew: its certificate-authority is not that of this server, or the address is another one',
        cause,
      },
    );
  }
  return new VdpaError('VDPA-CLUSTER-002', `the API server cannot be reached: ${reasonOf(cause)}`, {
    where,
    next: 'see whether kubectl version reaches it with the same context; choose another one with --context',
    cause,
  });
}

const meanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection is refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up now',
  EHOSTUNREACH: 'no way leads to its host',
  ENETUNREACH: 'no way leads to its network',
  ETIMEDOUT: 'the connection timed out',
};

function reasonOf(cause: unknown): string {
  // Node tries every address of a name and reports them together.
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  const code = errnoOf(cause) ?? errnoOf(first) ?? '';
  const meaning = meanings[code];
  return meaning === undefined ? messageOf(first) : `${meaning} (${code})`;
}
