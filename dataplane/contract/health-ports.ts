// SPDX-License-Identifier: Apache-2.0

/** Ports on the loopback interface of a node, where only kubelet and whoever is on the node asks. */
export const healthPorts = { agent: 9861, backend: 9862 } as const;
