// SPDX-License-Identifier: Apache-2.0
import { asVdpaError } from '../../errors/as-vdpa-error.ts';
import { VdpaError } from '../../errors/vdpa-error.ts';
import { destroyCluster } from '../destroy/destroy-cluster.ts';
import { readInventory } from '../stack/inventory.ts';
import type { StackPlan } from '../stack/stack-plan.ts';
import { saveEvidence } from '../sysdump/save-evidence.ts';
import { type Deployment, type DeployRequest, deployCluster } from './deploy-cluster.ts';
import type { Prepared } from './prepare-deployment.ts';

export interface RollBackRequest extends DeployRequest {
  readonly rollBack: boolean;
  /** Where what is known of the failure is kept. */
  readonly evidenceFile: string;
}

/**
 * Deploys, and when that fails half-way puts back what was there before: the plan that was last deployed to its end, or
 * nothing. What shows why it failed is saved first, because putting back removes it.
 */
export async function deployOrRollBack(request: RollBackRequest): Promise<Deployment> {
  let begun = false;
  const confirm = async (prepared: Prepared) => {
    begun = await request.confirm(prepared);
    return begun;
  };
  try {
    return await deployCluster({ ...request, confirm });
  } catch (thrown) {
    // What another run is doing is not this one's to put back, also not when it took the lease from this one.
    const isAnothers = thrown instanceof VdpaError && thrown.code.startsWith('VDPA-LOCK-');
    if (!request.rollBack || !begun || isAnothers || request.signal.aborted) throw thrown;
    const before = await whatWasThere(request);
    if (before === 'untouched') throw thrown;
    throw await rollBack(request, asVdpaError(thrown), before);
  }
}

/** The plan before, null where there was none, or that nothing was changed yet. */
async function whatWasThere({ client, config, signal }: DeployRequest): Promise<StackPlan | null | 'untouched'> {
  const found = await readInventory(client, config.kubernetes.namespace, signal);
  if (found.kind !== 'found' || found.inventory.state !== 'deploying') return 'untouched';
  return found.inventory.previous;
}

async function rollBack(request: RollBackRequest, failure: VdpaError, before: StackPlan | null): Promise<VdpaError> {
  const { client, config, evidenceFile, progress, signal, timeoutMs } = request;
  progress.fail();
  progress.step('Saving the evidence');
  const saved = await saveEvidence(client, config.kubernetes.namespace, evidenceFile, signal).then(
    (file) => `the evidence is in ${file}`,
    (error: unknown) => `the evidence could not be saved: ${asVdpaError(error).message}`,
  );
  progress.warn(`${failure.code}: ${failure.message}; ${saved}`);
  const confirm = async () => true;
  // The plan before is not the one that was reviewed.
  const { verify: _, ...unverified } = request;
  try {
    if (before === null) {
      await destroyCluster({
        client,
        config,
        force: false,
        skipUnreachable: false,
        timeoutMs,
        confirm,
        progress,
        signal,
      });
    } else {
      await deployCluster({ ...unverified, source: { kind: 'plan', plan: before }, allowDowngrade: true, confirm });
    }
  } catch (error) {
    const then = asVdpaError(error);
    return withDetails(failure, [saved, `and it could not be put back: ${then.message}`, ...then.details], then.next);
  }
  const done = before === null ? 'all of it was removed again' : 'the stack that was there before was put back';
  return withDetails(failure, [saved, done], failure.next);
}

function withDetails(failure: VdpaError, more: readonly string[], next: string): VdpaError {
  return new VdpaError(failure.code, failure.message, {
    ...(failure.where === null ? {} : { where: failure.where }),
    details: [...failure.details, ...more],
    next,
    cause: failure,
  });
}
