// SPDX-License-Identifier: Apache-2.0
import { messageOf } from '../../../src/errors/vdpa-error.ts';
import type { Advertiser } from '../../../src/templates/kubernetes/device-plugin/device-sets.ts';
import { gapWords, type OfferedDevice, type PluginGap, pluginGap } from './plugin-gap.ts';

/** What a node offers, and who is to tell kubelet of it. */
export interface WantedOfPlugin {
  readonly advertiser: Advertiser;
  readonly devices: readonly OfferedDevice[];
}

export interface UpstreamPluginOptions {
  /** What tells one run of the plugin from the next, while it serves; null: it does not, as without any device. */
  readonly running: () => string | null;
  /** Ends it, so that kubelet starts it anew; false: there is none on this node. */
  readonly end: () => boolean;
  /** null: it is not known yet. */
  readonly wanted: () => WantedOfPlugin | null;
  /** What kubelet has to give. */
  readonly known: () => Promise<ReadonlySet<string>>;
  readonly log: (line: string) => void;
  /** How long a difference has to last, ms: a plugin that has just started is yet to be asked by kubelet. */
  readonly settleMs?: number;
}

const settleMs = 15_000;
/** How often kubelet is asked without a reason to, ms: where all was well, and where something was not. */
const calmMs = 300_000;
const troubledMs = 30_000;
/** A plugin that starts has to be fetched and to prepare the node first. */
const missedMs = 60_000;
/** Of no run of the plugin. */
const silent = 'silent';
const remedy = 'vdpactl deploy sets up the node for what it has now';

/**
 * Keeps what the SR-IOV network device plugin told kubelet up to date. That plugin looks for devices once, when it starts; so
 * it is ended when a device came or went since, and started anew by kubelet. Pods keep what they have. A difference that a
 * new start does not mend is told, and nothing is done about it again.
 */
export class UpstreamPlugin {
  readonly #options: UpstreamPluginOptions;
  /** What was found, in which run of the plugin, and since when it has been so. */
  #seen = { key: '', since: 0 };
  /** The difference for which the plugin was last ended. */
  #tried = '';
  /**
   * The devices that there were when it fell silent, which it looks for when it is up again, however long that takes: to end
   * it once more would take longer. null: it serves.
   */
  #looksFor: string | null = 'not known';
  #problems: readonly string[] = [];
  /** What kubelet was asked about last, and when it is asked about the same again. */
  #asked = { question: '', next: 0 };
  #isDeaf = false;

  constructor(options: UpstreamPluginOptions) {
    this.#options = options;
  }

  /** What is not as it should be and a person has to mend, a sentence each. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** One look at `now`, milliseconds of a monotonic clock. Never rejects. */
  async look(now: number): Promise<void> {
    const { wanted, running } = this.#options;
    const want = wanted();
    if (want === null) return;
    const run = running();
    if (run !== null) this.#looksFor = null;
    else this.#looksFor ??= namesOf(want);
    if (want.advertiser === 'agent') {
      this.#problems = run === null ? [] : [useless(want)];
      return;
    }
    // Nobody has told, and nobody is to.
    if (run === null && want.advertiser === 'none') return this.#settle();
    const question = JSON.stringify([run, want]);
    if (question === this.#asked.question && now < this.#asked.next) return;
    const gap = await this.#ask(want.devices);
    if (gap === null) this.#settle();
    else if (gap !== 'not known') this.#mend(gap, want, run ?? silent, now);
    this.#asked = { question, next: now + this.#pause(gap) };
  }

  async #ask(devices: readonly OfferedDevice[]): Promise<PluginGap | null | 'not known'> {
    try {
      const gap = pluginGap(devices, await this.#options.known());
      this.#isDeaf = false;
      return gap;
    } catch (error) {
      const message = `device plugin: kubelet does not say which devices it knows: ${messageOf(error)}`;
      if (!this.#isDeaf) this.#options.log(message);
      this.#isDeaf = true;
      return 'not known';
    }
  }

  #pause(gap: PluginGap | null | 'not known'): number {
    if (gap === null) return calmMs;
    return gap === 'not known' || this.#problems.length > 0 ? troubledMs : 0;
  }

  #settle(): void {
    this.#seen = { key: '', since: 0 };
    this.#tried = '';
    this.#problems = [];
  }

  #mend(gap: PluginGap, want: WantedOfPlugin, run: string, now: number): void {
    const difference = JSON.stringify(gap);
    const key = `${run} ${difference}`;
    if (key !== this.#seen.key) this.#seen = { key, since: now };
    const lasts = now - this.#seen.since;
    // One that is silent may be starting: on a busy node that takes a while, and it must not be ended again meanwhile.
    if (lasts < (run === silent ? missedMs : (this.#options.settleMs ?? settleMs))) return;
    if (this.#looksFor === namesOf(want)) this.#problems = [awaited(gap)];
    else if (difference === this.#tried) this.#problems = problemsOf(gap);
    else if (this.#options.end()) {
      this.#tried = difference;
      this.#looksFor = namesOf(want);
      this.#options.log(`device plugin: ended upstream's, so that it looks again: ${gapWords(gap)} since it did`);
    } else if (lasts >= missedMs) this.#problems = [missed(gap)];
  }
}

function useless(want: WantedOfPlugin): string {
  return `the SR-IOV network device plugin runs on this node, and cannot see what it has by now (${namesOf(want)}); ${remedy}`;
}

function namesOf({ devices }: WantedOfPlugin): string {
  return devices.map(({ device }) => device).join(', ');
}

function awaited({ missing }: PluginGap): string {
  return `the SR-IOV network device plugin starts, and tells kubelet of nothing yet (${missing.join(', ')}); its log says why`;
}

function missed({ missing }: PluginGap): string {
  return `no device plugin runs on this node, which would tell kubelet of ${missing.join(', ')}; ${remedy}`;
}

/** What another start of the plugin did not change: its configuration is of devices that the node had once. */
function problemsOf({ missing, surplus }: PluginGap): string[] {
  return [
    ...missing.map((device) => `${device}: ready, and the device plugin does not offer it; ${remedy}`),
    ...surplus.map(
      (device) => `${device}: the device plugin offers it, and this node does not give it away; ${remedy}`,
    ),
  ];
}
