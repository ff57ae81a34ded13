// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import type * as z from 'zod';
import { transcript } from './helpers/cli.ts';
import { deployShape, destroyShape, statusShape } from './helpers/documents.ts';
import { describeLocal, useStack } from './helpers/stack.ts';

/** The same status whatever was counted, which comes a moment after the start and goes on. */
function uncounted(status: z.infer<typeof statusShape>): object {
  const devices = status.devices.map((device) => ({ ...device, counters: expect.toSatisfy(() => true) }));
  return { ...status, devices };
}

describeLocal('the life of a stack', () => {
  const stack = useStack();

  it('is deployed, seen, deployed again without a change, and destroyed without a trace', async () => {
    const first = await stack().run('deploy');
    expect(first.code, transcript(first)).toBe(0);
    expect(first.stdout).toContain(`deployed to ${stack().root}`);
    const status = await stack().status();
    expect(status).toMatchObject({ state: 'healthy', provider: 'local', problems: [], strays: [] });
    expect(status.parts.map((part) => part.name)).toEqual(['agent', 'supervisor']);
    expect(status.devices).toMatchObject([{ device: 'local0', state: 'running', restarts: 0, workload: null }]);

    const again = await stack().run('deploy');
    expect(again.code, transcript(again)).toBe(0);
    expect(again.stdout).toContain('nothing to do');
    expect(await stack().status()).toEqual(uncounted(status));

    const destroyed = await stack().json(destroyShape, 'destroy');
    expect(destroyed.changed).toBe(true);
    expect(destroyed.ended.map((process) => process.role).sort()).toEqual(['agent', 'backend:local0', 'supervisor']);
    expect(await stack().leftovers()).toEqual([]);

    const nothing = await stack().run('destroy');
    expect(nothing.code, transcript(nothing)).toBe(0);
    expect(nothing.stdout).toContain('nothing to remove');
    expect(await stack().status(1)).toMatchObject({ state: 'absent', parts: [], devices: [], problems: [] });
  });

  it('says the same as JSON and as YAML', async () => {
    const deployed = await stack().deploy();
    expect(deployed.changed).toBe(true);
    const again = await stack().run('deploy', ['-o', 'yaml']);
    expect(deployShape.parse(parse(again.stdout))).toEqual({ ...deployed, changed: false });

    const json = await stack().status();
    const yaml = await stack().run('status', ['-o', 'yaml']);
    expect(yaml.code, transcript(yaml)).toBe(0);
    expect(statusShape.parse(parse(yaml.stdout))).toEqual(uncounted(json));

    const destroyed = await stack().run('destroy', ['-o', 'yaml']);
    expect(destroyShape.parse(parse(destroyed.stdout)).changed).toBe(true);
    const absent = await stack().run('status', ['-o', 'yaml']);
    expect(absent.code, transcript(absent)).toBe(1);
    expect(statusShape.parse(parse(absent.stdout)).state).toBe('absent');
  });
});
