// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { rbacCommand } from '../../src/commands/rbac.ts';
import { withTreeAsync } from '../check/tree-async.ts';
import { runCommand } from './run-command.ts';

const rbac = (...args: readonly string[]) => withTreeAsync({}, (cwd) => runCommand(rbacCommand(), args, cwd));
const listSchema = z.object({ apiVersion: z.literal('v1'), kind: z.literal('List'), items: z.array(z.unknown()) });

describe('vdpactl rbac', () => {
  it('prints the same objects as YAML and as JSON', async () => {
    const args = ['--user', 'jane', '--group', 'ops', '--serviceaccount', 'ci:deployer'];
    const yaml = parseAllDocuments(await rbac(...args)).map((each) => each.toJS());
    const { items } = listSchema.parse(JSON.parse(await rbac(...args, '-o', 'json')));
    expect(yaml).toEqual(items);
    expect(JSON.stringify(items)).toContain('"kind":"ServiceAccount","name":"deployer","namespace":"ci"');
  });

  it('goes by the namespace that is named', async () => {
    const text = await rbac('--namespace', 'my-stack', '-o', 'text');
    expect(text).toContain('\nin the namespace my-stack\n');
    expect(text).not.toContain('vdpactl-system');
  });

  it('refuses what is no service account', async () => {
    await expect(rbac('--serviceaccount', 'deployer')).rejects.toThrow('NAMESPACE:NAME');
  });
});
