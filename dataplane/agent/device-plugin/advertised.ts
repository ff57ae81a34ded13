// SPDX-License-Identifier: Apache-2.0
import { type BackendSpec, hasProcess } from '../../contract/backend-spec.ts';

/** As kubelet's device plugin API has it. */
export interface PluginDevice {
  readonly ID: string;
  readonly health: 'Healthy' | 'Unhealthy';
  readonly topology: { readonly nodes: readonly { readonly ID: number }[] } | null;
}

/**
 * How long a device that was healthy may be without its backend before kubelet is told. A backend that ends is started
 * again within a second, and a pod that has the device notices little of it.
 */
export const graceMs = 5_000;

/** Says which devices kubelet is told of, and remembers how long those that do not run have not run. */
export class Advertised {
  readonly #lastRan = new Map<string, number>();

  /** At `now`, milliseconds of a monotonic clock. */
  list(
    specs: readonly BackendSpec[],
    numaNodes: ReadonlyMap<string, number>,
    isRunning: (spec: BackendSpec) => boolean,
    now: number,
  ): PluginDevice[] {
    const known = new Set(specs.map(({ device }) => device));
    for (const device of this.#lastRan.keys()) if (!known.has(device)) this.#lastRan.delete(device);
    return specs.map((spec) => {
      const { device } = spec;
      if (isRunning(spec)) this.#lastRan.set(device, now);
      // A character device that is gone does not come back by itself.
      const grace = hasProcess(spec) ? graceMs : 0;
      const isHealthy = now - (this.#lastRan.get(device) ?? Number.NEGATIVE_INFINITY) <= grace;
      const numaNode = numaNodes.get(device);
      return {
        ID: device,
        health: isHealthy ? 'Healthy' : 'Unhealthy',
        topology: numaNode === undefined ? null : { nodes: [{ ID: numaNode }] },
      };
    });
  }
}
