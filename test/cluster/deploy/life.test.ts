// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { awsNode, connectxNode } from '../../fixtures/cluster-nodes.ts';
import type { RunResult } from '../../local/helpers/cli.ts';
import { cannotRunStacks, stackSuite } from '../helpers/stack-suite.ts';

const config = { kubernetes: { images: { devicePlugin: 'registry.invalid/device-plugin:v3.10.0' } } };
const changed = { kubernetes: { workloads: ['l3fwd', 'seawreck'] } };
const options = ['--target', 'kubernetes', '--progress', 'none'];
const deploy = ['deploy', '--from', 'reports.json', ...options];
const diff = ['diff', '--from', 'reports.json', '--progress', 'none'];
const destroy = ['destroy', ...options];

/** What a user does, in order, and the exit code that each ends with. */
const life: readonly (readonly [title: string, args: readonly string[], code: number, config: object])[] = [
  ['diff before anything is there', diff, 1, config],
  ['dry run', [...deploy, '--dry-run', 'server'], 0, config],
  ['deploy', deploy, 0, config],
  ['deploy again', deploy, 0, config],
  ['diff without a difference', diff, 0, config],
  ['diff of a changed config', diff, 1, changed],
  ['deploy the change', deploy, 0, changed],
  ['diff after that', diff, 0, changed],
  ['destroy', destroy, 0, changed],
  ['destroy again', destroy, 0, changed],
];

describe.skipIf(cannotRunStacks())('the life of a stack', () => {
  // Kubernetes' own controller removes namespaces, as it does for a user.
  const suite = stackSuite({ reports: [awsNode('node-1'), connectxNode('node-2')], config, fastNamespaces: false });

  test.each(['text', 'json'])('is, word for word, what golden holds (%s)', async (format) => {
    const { lab, before } = suite;
    const transcripts: string[] = [];
    for (const [title, args, code, now] of life) {
      lab.configure(now);
      const result = await lab.run([...args, '-o', format]);
      transcripts.push(`# ${title}\n$ vdpactl ${[...args, '-o', format].join(' ')}\n${told(result)}`);
      expect(result.code, transcripts.at(-1)).toBe(code);
      if (format === 'json') expect(JSON.parse(result.stdout)).toMatchObject({ schemaVersion: 'vdpactl/v1' });
    }
    expect(await lab.differences(before)).toEqual([]);
    await expect(transcripts.join('\n')).toMatchFileSnapshot(`golden/life.${format}`);
  });
});

/** What a user sees, without what differs from run to run. */
function told({ stdout, stderr, code }: RunResult): string {
  const text = `${stdout}${stderr === '' ? '' : `stderr:\n${stderr}`}exit ${code}\n`;
  return text
    .replace(/https:\/\/127\.0\.0\.1:\d+/g, 'https://127.0.0.1:PORT')
    .replace(/\b\d+(?:\.\d+)? (ms|s)\b/g, 'N $1')
    .replace(/"(\w+Ms)": [\d.]+/g, '"$1": 0')
    .replace(/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g, 'UID');
}
