// SPDX-License-Identifier: Apache-2.0
import type { Json } from './kubernetes-object.ts';

export { healthPorts } from '../../../dataplane/contract/health-ports.ts';

/** On the loopback interface: with host network any other address would show it to the whole network. */
export function readinessProbe(port: number): Json {
  return {
    httpGet: { host: '127.0.0.1', path: '/readyz', port, scheme: 'HTTP' },
    periodSeconds: 5,
    timeoutSeconds: 2,
    failureThreshold: 3,
  };
}
