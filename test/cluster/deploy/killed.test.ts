// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { awsNode, connectxNode } from '../../fixtures/cluster-nodes.ts';
import { transcript } from '../../local/helpers/cli.ts';
import type { ClusterState } from '../helpers/cluster-state.ts';
import { destroyArguments, StackLab } from '../helpers/stack-lab.ts';
import { cannotRunStacks } from '../helpers/stack-suite.ts';

/** How many kills a run makes, half of them of deploy and half of destroy. */
const wanted = Number(process.env['VDPACTL_KILL_POINTS'] ?? 200);
/** A run needs a request more or less than the one before, so that the last points may not be reached. */
const spare = 6;
/** A cluster waits as long as it works: with two of them a machine of two CPUs has always something to do. */
const clusters = 2;

/** Each node is probed by a pod, as for a user. */
const deployArguments = ['deploy', '--target', 'kubernetes', '--progress', 'plain'];
/** So often, what a killed deploy left is destroyed at once, too. */
const destroyEvery = 4;

interface KillPoint {
  /** The how manyth request, from 1 on. */
  readonly request: number;
  /** The server has not seen it; or has done it, and its answer is lost. */
  readonly when: 'before' | 'after';
}

describe.skipIf(cannotRunStacks())('SIGKILL', () => {
  const labs: { readonly lab: StackLab; readonly before: ClusterState }[] = [];

  beforeAll(async () => {
    for (let at = 0; at < clusters; at += 1) {
      const lab = await StackLab.start({
        bin: inject('cluster').bin,
        fastNamespaces: true,
        reports: [awsNode('node-1'), connectxNode('node-2')],
        config: { kubernetes: { workloads: ['l3fwd', 'seawreck'] } },
      });
      labs.push({ lab, before: await lab.settledState() });
    }
  });
  afterAll(async () => {
    for (const { lab } of labs) await lab.stop();
  });

  test(
    `at each of ${wanted} requests of deploy and destroy: the same command goes on, and destroy leaves nothing`,
    async () => {
      const [first] = labs;
      if (first === undefined) throw new Error('no cluster');
      const deploys = killPoints(await requestsOf(first.lab, deployArguments));
      const destroys = killPoints(await requestsOf(first.lab, destroyArguments));
      const left = [...deploys.entries()];
      const kills: (0 | 1)[] = [];
      const work = async (lab: StackLab, before: ClusterState) => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) {
          const [index, point] = next;
          kills.push(await killAt(lab, point, deployArguments));
          if (index % destroyEvery === 0) await leavesNothing(lab, before, point);
          await converges(lab, deployArguments, point);
          const other = destroys[index] ?? point;
          kills.push(await killAt(lab, other, destroyArguments));
          await leavesNothing(lab, before, other);
        }
      };
      await Promise.all(labs.map(({ lab, before }) => work(lab, before)));
      expect(kills.filter((killed) => killed === 1).length).toBeGreaterThanOrEqual(wanted);
    },
    wanted * 6_000,
  );
});

/** What a run that nobody disturbs asks the server. */
async function requestsOf(lab: StackLab, args: readonly string[]): Promise<number> {
  lab.proxy.reset();
  await converges(lab, args, null);
  return lab.proxy.requests.length;
}

/** Answers 1 when it was killed there, 0 when it ended before. */
async function killAt(lab: StackLab, { request, when }: KillPoint, args: readonly string[]): Promise<0 | 1> {
  let killed: 0 | 1 = 0;
  lab.proxy.reset();
  const running = lab.start(args);
  lab.proxy.treat = ({ index }) => {
    if (index !== request) return null;
    const kill = async () => {
      killed = 1;
      running.kill('SIGKILL');
      await running.ended;
    };
    return when === 'before' ? { before: kill, cut: 'before' } : { after: kill, cut: 'answer' };
  };
  const result = await running.ended;
  if (killed === 0) expect(result.code, transcript(result)).toBe(0);
  await lab.proxy.idle();
  return killed;
}

async function leavesNothing(lab: StackLab, before: ClusterState, point: KillPoint): Promise<void> {
  await converges(lab, destroyArguments, point);
  expect(await lab.differences(before), `killed ${words(point)}`).toEqual([]);
}

async function converges(lab: StackLab, args: readonly string[], point: KillPoint | null): Promise<void> {
  const asked = lab.proxy.requests.at((point?.request ?? 0) - 1);
  lab.proxy.treat = () => null;
  const result = await lab.run(args);
  const where = point === null ? '' : `${words(point)} (${asked?.method} ${asked?.path})\n`;
  expect(result.code, `${args[0]} ${where}${transcript(result)}`).toBe(0);
}

/** Evenly over all requests, on both sides in turn. */
function killPoints(requests: number): KillPoint[] {
  const count = (wanted + spare) / 2;
  return Array.from({ length: count }, (_, index) => ({
    request: 1 + Math.floor((index * requests) / count),
    when: index % 2 === 0 ? 'before' : 'after',
  }));
}

const words = ({ request, when }: KillPoint): string => `${when} request ${request}`;
