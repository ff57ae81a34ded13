// SPDX-License-Identifier: Apache-2.0

/** What a backend costs, which is said wherever it is shown; null for a backend that is not known. */
export function backendCost(backend: string): string | null {
  if (backend === 'testpmd') return 'one packet copy each way';
  return backend === 'dpdk-vdpa' || backend === 'vhost-vdpa' ? 'no packet copy' : null;
}

/** A backend with what it costs. */
export function backendName(backend: string): string {
  const cost = backendCost(backend);
  return cost === null ? backend : `${backend} (${cost})`;
}
