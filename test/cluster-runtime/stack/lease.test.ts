// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { type Holder, holderText, thisProcess } from '../../../src/cluster/stack/holder.ts';
import { acquireLease } from '../../../src/cluster/stack/lease.ts';
import { valueAt } from '../../../src/config/plain-data.ts';
import type { VdpaError } from '../../../src/errors/vdpa-error.ts';
import { silentProgress } from '../../../src/output/progress.ts';
import { identify } from '../../../src/process/process-table.ts';
import { FakeApi, status } from '../watch/fake-api.ts';

const leases = '/apis/coordination.k8s.io/v1/namespaces/n/leases';
/** Wide apart, so that a busy machine changes nothing. */
const timing = { durationMs: 800, renewEveryMs: 100, lookEveryMs: 20 };

let api: FakeApi;
let client: KubeClient;
let end: AbortController;

beforeEach(async () => {
  ({ api, client } = await FakeApi.start());
  end = new AbortController();
});
afterEach(async () => {
  end.abort();
  client.close();
  await api.stop();
});

const acquire = () => acquireLease(client, 'n', { signal: end.signal, progress: silentProgress, timing });
const lease = () => api.get(leases, 'n/vdpactl');
const version = () => lease()?.metadata['resourceVersion'];
const specOf = () => valueAt(lease(), ['spec']) as { holderIdentity: string; leaseTransitions: number } | undefined;
const holder = () => specOf()?.holderIdentity;

function heldBy(other: Partial<Holder> | string): void {
  const text = typeof other === 'string' ? other : holderText({ ...thisProcess(), ...other });
  api.put(leases, { metadata: { name: 'vdpactl', namespace: 'n', uid: 'u' }, spec: { holderIdentity: text } });
}

/** Another process of this machine, which has ended. */
async function endedProcess(): Promise<Pick<Holder, 'pid' | 'startTicks'>> {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const id = identify(child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return { pid: child.pid ?? 0, startTicks: id?.startTicks ?? 0 };
}

const failure = (promise: Promise<unknown>): Promise<VdpaError> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: VdpaError) => error,
  );

describe('a lease', () => {
  it('is made where there is none, renewed, and let go of', async () => {
    const mine = await acquire();
    expect(holder()).toContain(` ${process.pid} `);
    const first = version();
    await expect.poll(() => version()).not.toBe(first);
    expect(specOf()?.leaseTransitions).toBe(0);
    await mine.release();
    expect(holder()).toBe('');
    expect(mine.signal.aborted).toBe(false);
  });

  it('is removed with the stack, and released only once', async () => {
    const mine = await acquire();
    await mine.release({ remove: true });
    expect(lease()).toBeUndefined();
    await mine.release();
    expect(lease()).toBeUndefined();
  });

  it('that was let go of is taken at once', async () => {
    heldBy('');
    const mine = await acquire();
    expect(specOf()?.leaseTransitions).toBe(1);
    await mine.release();
  });

  it('of a process of this machine that has ended is taken at once, whatever its time says', async () => {
    heldBy({ ...(await endedProcess()), run: 'another' });
    const before = performance.now();
    const mine = await acquire();
    expect(performance.now() - before).toBeLessThan(timing.durationMs);
    await mine.release();
  });

  it('that another process renews is refused, with who and where', async () => {
    heldBy({ host: 'elsewhere', user: 'jo', pid: 7, machine: 'other', run: 'r' });
    const renewing = setInterval(() => heldBy({ host: 'elsewhere', user: 'jo', pid: 7, machine: 'other' }), 50);
    const error = await failure(acquire());
    clearInterval(renewing);
    expect(error).toMatchObject({ code: 'VDPA-LOCK-001', exitCode: 5, where: 'context fake, Lease n/vdpactl' });
    expect(error.message).toBe('jo on elsewhere (process 7) is changing this stack');
  });

  it.each([
    ['another machine', { machine: 'other', run: 'r' }],
    ['no known machine', { machine: '', run: 'r' }],
    ['a live process of this machine that hangs', { run: 'another' }],
  ])('of %s is taken only after a silence as long as it lasts', async (_, other) => {
    heldBy(other);
    const before = performance.now();
    const mine = await acquire();
    expect(performance.now() - before).toBeGreaterThanOrEqual(timing.durationMs);
    await mine.release();
  });

  it('of a holder that no vdpactl is, is respected too', async () => {
    heldBy('something else');
    const before = performance.now();
    await (await acquire()).release();
    expect(performance.now() - before).toBeGreaterThanOrEqual(timing.durationMs);
  });

  it('goes to one of two who take it at the same time', async () => {
    const both = await Promise.allSettled([acquire(), acquire()]);
    const won = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(won).toHaveLength(1);
    expect(both.find((one) => one.status === 'rejected')?.reason).toMatchObject({ code: 'VDPA-LOCK-001' });
    await won[0]?.release();
  });

  it('ends the wait when the user does', async () => {
    heldBy({ machine: 'other' });
    const waiting = failure(acquire());
    setTimeout(() => end.abort(), 50);
    expect((await waiting).name).toBe('AbortError');
  });
});

describe('a lease is lost', () => {
  const lost = async (mine: { readonly signal: AbortSignal }): Promise<VdpaError> => {
    await expect.poll(() => mine.signal.aborted, { timeout: 5_000 }).toBe(true);
    return mine.signal.reason;
  };

  it('when somebody else takes it, and is not given back to them', async () => {
    const mine = await acquire();
    heldBy({ host: 'elsewhere', user: 'jo', pid: 7, machine: 'other' });
    const error = await lost(mine);
    expect(error).toMatchObject({ code: 'VDPA-LOCK-002', where: 'context fake' });
    expect(error.message).toBe('the lease of this stack was lost: jo on elsewhere (process 7) has it');
    await mine.release();
    expect(holder()).toContain('jo@elsewhere');
  });

  it('when somebody removes it', async () => {
    const mine = await acquire();
    api.remove(leases, 'n/vdpactl');
    expect((await lost(mine)).message).toBe('the lease of this stack was lost: somebody removed it');
    await mine.release();
  });

  it('when the API server does not renew it in time, and not before', async () => {
    const mine = await acquire();
    api.refuse = (url) =>
      url.pathname.includes('/leases') ? { status: 403, body: status(403, 'Forbidden', 'no more') } : null;
    const before = performance.now();
    const error = await lost(mine);
    expect(performance.now() - before).toBeGreaterThanOrEqual(timing.durationMs - timing.renewEveryMs - 100);
    expect(error.message).toContain('the API server did not renew it in time');
    await mine.release();
  });

  it('not by a failure that passes', async () => {
    const mine = await acquire();
    let failures = 0;
    api.refuse = (url, method) => {
      if (method !== 'PUT' || !url.pathname.includes('/leases') || failures >= 3) return null;
      failures += 1;
      return { status: 403, body: status(403, 'Forbidden', 'for a moment') };
    };
    const seen = version();
    await expect.poll(() => version()).not.toBe(seen);
    expect(mine.signal.aborted).toBe(false);
    await mine.release();
    expect(holder()).toBe('');
  });
});

it('a missing namespace is said, and not taken for a lease that somebody else took', async () => {
  const message = 'namespaces "n" not found';
  api.refuse = (_, method) => (method === 'POST' ? { status: 404, body: status(404, 'NotFound', message) } : null);
  expect((await failure(acquire())).message).toContain(message);
});
