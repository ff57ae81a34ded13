// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../config/config-schema.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import type { NodeReport } from '../platform/node-report.ts';
import type { Decision, Rejection } from './decision.ts';
import { localProvider } from './local/local-provider.ts';
import type { Provider } from './provider.ts';

/** In the order in which they are asked: the first that fits is taken. `local` fits everywhere and stands last. */
const providers: readonly Provider[] = [localProvider];

/** What DESIGN calls providers and backends but this version does not decide for. Said rather than passed over. */
const notInThisVersion: readonly Rejection[] = [
  ...['baremetal', 'alibaba', 'aws'].map((name) => ({
    what: `provider:${name}`,
    why: 'this version of vdpactl does not decide for it yet',
  })),
  ...['dpdk-vdpa', 'vhost-vdpa'].map((name) => ({
    what: `backend:${name}`,
    why: 'the local provider has no device for it',
  })),
];

/**
 * From the facts about a node and the config to what is done with it. `set` names the config keys that the user gave,
 * so that a choice of theirs is recorded as one. Throws VDPA-PROVIDER-001 for a provider that does not fit.
 */
export function decide(report: NodeReport, config: Config, set: readonly string[] = []): Decision {
  const provider = chooseProvider(report, config);
  const assessment = provider.assess(report);
  const plan = provider.plan(report, config);
  const overridden = (['provider', 'backend'] as const).filter((key) => set.includes(key) && config[key] !== 'auto');
  return {
    provider: provider.name,
    backend: plan.backend,
    overridden: overridden.map((key) => `${key}=${config[key]}`),
    devices: plan.devices,
    evidence: [
      { claim: `provider ${provider.name}: ${assessment.why}`, source: 'vdpactl', value: null },
      ...assessment.evidence,
      ...plan.evidence,
    ],
    rejected: [...notInThisVersion, ...plan.rejected],
  };
}

function chooseProvider(report: NodeReport, config: Config): Provider {
  const named = providers.find((provider) => provider.name === config.provider);
  const chosen = named ?? providers.find((provider) => provider.assess(report).fits);
  if (chosen?.assess(report).fits) return chosen;
  throw new VdpaError('VDPA-PROVIDER-001', `the provider ${config.provider} does not fit this node`, {
    where: 'provider',
    next: 'leave out --provider to let vdpactl choose, or see: vdpactl detect',
    details: providers.map((provider) => `${provider.name}: ${provider.assess(report).why}`),
  });
}
