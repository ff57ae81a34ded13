// SPDX-License-Identifier: Apache-2.0

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/api/v1/namespaces/default/pods`: below the address of the server, without the query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  /** Sent as it is, as JSON: no schema of ours stands between. */
  readonly body?: object;
  /** `application/json` unless it is a patch, which names its kind. */
  readonly contentType?: string;
  /** `application/json` unless given. */
  readonly accept?: string;
  /**
   * true: doing it twice is told apart from doing it once by whoever asks, as `AlreadyExists` and conflicts may be its own
   * doing. false: it is asked once, whatever comes. Left out: by the method.
   */
  readonly repeatable?: boolean;
  /** For the request with all its repetitions; 30 s unless given. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}
