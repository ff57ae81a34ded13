// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../config/config-schema.ts';
import { valueAt } from '../config/plain-data.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import type { NodeReport } from '../platform/node-report.ts';
import { alibabaProvider } from './alibaba/alibaba-provider.ts';
import { awsProvider } from './aws/aws-provider.ts';
import { baremetalProvider } from './baremetal/baremetal-provider.ts';
import { chooseDevices } from './choose-devices.ts';
import type { Decision, Rejection } from './decision.ts';
import { localProvider } from './local/local-provider.ts';
import type { Clue, NicProvider, Provider, ProviderPlan } from './provider.ts';

const givingNics = (provider: NicProvider): Provider => ({
  ...provider,
  plan: (report, config) => chooseDevices(provider, report, config),
});

/** Of those with equal evidence the first is taken. `local` fits everywhere and stands last. */
const providers: readonly Provider[] = [
  givingNics(awsProvider),
  givingNics(alibabaProvider),
  givingNics(baremetalProvider),
  localProvider,
];

interface Candidate {
  readonly provider: Provider;
  readonly clues: readonly Clue[];
  readonly weight: number;
}

/**
 * From the facts about a node and the config to what is done with it. `set` names the config keys that the user gave,
 * so that a choice of theirs is recorded as one. Throws VDPA-PROVIDER-001 for a backend that the provider does not have.
 */
export function decide(report: NodeReport, config: Config, set: readonly string[] = []): Decision {
  const candidates = providers.map((provider) => weigh(provider, report));
  const best = choose(candidates, config);
  const bestPlan = best.provider.plan(report, config);
  const fallback = isBarren(best, bestPlan, config) ? candidates.at(-1) : undefined;
  const chosen = fallback ?? best;
  const plan = fallback?.provider.plan(report, config) ?? bestPlan;
  const unfit = fallback === undefined ? [] : bestPlan.rejected.filter(({ what }) => what.startsWith('backend:'));
  const others = candidates.filter((candidate) => candidate !== chosen);
  return {
    provider: chosen.provider.name,
    backend: plan.backend,
    overridden: overridden(chosen.provider.name, config, set),
    devices: plan.devices,
    evidence: [...chosen.clues.map(withoutWeight), ...foreignCloud(report), ...plan.evidence],
    conflicts: [...groundless(chosen), ...others.flatMap((other) => conflictOf(other, chosen))],
    rejected: [...others.map((other) => rejectionOf(other, chosen, config)), ...unfit, ...plan.rejected],
  };
}

/**
 * Bare metal is whatever has a NIC to give away, so that a machine of which no backend can use one is none. A cloud's machine
 * stays one of that cloud.
 */
function isBarren({ provider }: Candidate, plan: ProviderPlan, config: Config): boolean {
  // Whoever named a provider, a backend or a NIC is to hear why it does not do.
  const free = config.provider === 'auto' && config.backend === 'auto' && config.nics.include === null;
  return free && provider.name === 'baremetal' && plan.devices.length === 0;
}

/** The choices of the user's that this decision rests on: `nics.include=0000:65:00.2,15b3:101e`. */
function overridden(provider: Decision['provider'], config: Config, set: readonly string[]): string[] {
  const sections = provider === 'local' ? ['local'] : ['nics', 'memory'];
  const counts = (key: string) => ['provider', 'backend', ...sections].includes(key.split('.')[0] ?? '');
  return set.filter(counts).flatMap((key) => {
    const value = valueAt(config, key.split('.'));
    return value === 'auto' ? [] : [`${key}=${value === null ? 'null' : String(value)}`];
  });
}

function weigh(provider: Provider, report: NodeReport): Candidate {
  const clues = provider.clues(report);
  return { provider, clues, weight: Math.max(0, ...clues.map(({ weight }) => weight)) };
}

function choose(candidates: readonly Candidate[], config: Config): Candidate {
  const named = candidates.find(({ provider }) => provider.name === config.provider);
  const best = candidates.reduce((leader, next) => (next.weight > leader.weight ? next : leader));
  const chosen = named ?? best;
  if (config.backend === 'auto' || chosen.provider.backends.includes(config.backend)) return chosen;
  throw new VdpaError('VDPA-PROVIDER-001', `the provider ${chosen.provider.name} has no backend ${config.backend}`, {
    where: 'backend',
    next: `leave out --backend to let vdpactl choose; this provider has: ${chosen.provider.backends.join(', ')}`,
  });
}

function rejectionOf({ provider, clues, weight }: Candidate, chosen: Candidate, config: Config): Rejection {
  const what = `provider:${provider.name}`;
  if (clues.length === 0) return { what, why: provider.unless };
  if (config.provider === chosen.provider.name) return { what, why: `you chose ${chosen.provider.name}` };
  if (provider.name === 'local')
    return { what, why: `fits every machine, and this one is one of ${chosen.provider.name}` };
  if (weight > chosen.weight)
    return { what, why: `${clueWords(clues)} speaks for it, but no backend can use what it has` };
  const words = weight === chosen.weight ? 'as much as' : 'less than what';
  return { what, why: `${clueWords(clues)} speaks for it, ${words} speaks for ${chosen.provider.name}` };
}

/** A provider that only the user's word speaks for. */
function groundless({ provider, clues }: Candidate): string[] {
  return clues.length > 0 ? [] : [`nothing on this node speaks for ${provider.name}: ${provider.unless}`];
}

/** Clouds exclude each other, and a choice of the user's may go against what was found. A spare NIC contradicts nothing. */
function conflictOf(other: Candidate, chosen: Candidate): string[] {
  const cloud = other.provider.name === 'aws' || other.provider.name === 'alibaba';
  if (!cloud || other.clues.length === 0) return [];
  return [`decided on ${chosen.provider.name}, but ${clueWords(other.clues)} speaks for ${other.provider.name}`];
}

function clueWords(clues: readonly Clue[]): string {
  return clues.map(({ claim, source, value }) => `${claim}${value === null ? '' : ` ${value}`} (${source})`).join(', ');
}

function withoutWeight({ claim, source, value }: Clue): Decision['evidence'][number] {
  return { claim, source, value };
}

/** A cloud that vdpactl knows nothing special about, so that nobody wonders why it is called bare metal. */
function foreignCloud({ node: { dmi } }: NodeReport): Decision['evidence'] {
  const vendor = dmi.sysVendor ?? '';
  if (!/^(?:Google|Microsoft Corporation|OracleCloud|Tencent Cloud|Huawei Cloud|OpenStack)/i.test(vendor)) return [];
  const claim = 'firmware names a place that is no provider of its own: treated as any machine';
  return [{ claim, source: '/sys/class/dmi/id/sys_vendor', value: vendor }];
}
