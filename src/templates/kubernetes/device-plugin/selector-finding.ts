// SPDX-License-Identifier: Apache-2.0

/** Something in a device plugin's `config.json` that should not be as it is. */
export interface SelectorFinding {
  /**
   * - `malformed`: the plugin ends, crashes or leaves the pool out.
   * - `duplicate`: two pools of one name.
   * - `unknown-key`: passed over, so that the pool is wider than it looks.
   * - `contradiction`: selectors that exclude each other.
   * - `no-driver`: the pool names no driver, so that it takes devices that the kernel uses.
   * - `uplink`: an uplink of a node could be given away.
   * - `overlap`: an earlier pool takes devices that this one names too.
   * - `empty`: no node has a device for it; then the resource does not appear at all.
   */
  readonly kind:
    | 'malformed'
    | 'duplicate'
    | 'unknown-key'
    | 'contradiction'
    | 'no-driver'
    | 'uplink'
    | 'overlap'
    | 'empty';
  /** Where in the config, such as `resourceList`, 0, `selectors`, `pfName`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** The devices that it is about. */
  readonly devices: readonly { readonly node: string | null; readonly pciAddress: string }[];
}
