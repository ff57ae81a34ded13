// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { type Config, configSchema } from '../../config/config-schema.ts';
import { errnoOf, messageOf, VdpaError } from '../../errors/vdpa-error.ts';
import { putFile, writeFailure } from '../../files/put-file.ts';
import { schemaVersion } from '../../schema-version.ts';
import { version } from '../../version.ts';
import { keyOf, objectRefSchema, refText } from '../objects/object-ref.ts';
import { type StackPlan, stackPlanSchema } from '../stack/stack-plan.ts';
import type { ChangeSet } from './planned-change.ts';

const planFileSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  kind: z.literal('plan'),
  /** The vdpactl that made it. */
  version: z.string(),
  /** The API server that it was made for. */
  server: z.string(),
  namespace: z.string(),
  config: configSchema,
  plan: stackPlanSchema,
  /** What was to be done, and the state of each object that this was decided on. */
  changes: z.array(
    z.object({
      ref: objectRefSchema,
      action: z.enum(['create', 'configure', 'unchanged', 'delete']),
      basedOn: z.string().nullable(),
    }),
  ),
  nodes: z.array(z.object({ node: z.string(), action: z.enum(['label', 'unchanged', 'release']) })),
});

/** A reviewed deployment, as it is kept in a file. */
export type PlanFile = z.infer<typeof planFileSchema>;

export function planFileOf(server: string, config: Config, plan: StackPlan, { objects, nodes }: ChangeSet): PlanFile {
  return {
    schemaVersion,
    kind: 'plan',
    version,
    server,
    namespace: config.kubernetes.namespace,
    config,
    plan: { objects: [...plan.objects], nodes: [...plan.nodes] },
    changes: objects.map(({ ref, action, basedOn }) => ({ ref, action, basedOn })),
    nodes: nodes.map(({ node, action }) => ({ node, action })),
  };
}

/** @throws VdpaError VDPA-PLAN-002 when it cannot be written, or a file is in the way that is not to be replaced. */
export function writePlanFile(path: string, shown: string, file: PlanFile, force: boolean): void {
  const refuse = (message: string, next: string, cause?: unknown) =>
    new VdpaError('VDPA-PLAN-002', message, { where: shown, next, cause });
  let written: ReturnType<typeof putFile>;
  try {
    written = putFile(path, `${JSON.stringify(file, null, 2)}\n`, { force });
  } catch (error) {
    if (error instanceof VdpaError) throw error;
    const why = writeFailure(error) ?? messageOf(error);
    throw refuse(`the plan cannot be written: ${why}`, 'name a file that you may write', error);
  }
  if (typeof written === 'boolean') return;
  throw refuse('there is something of this name already', 'name another file, or replace it with --force');
}

/** @throws VdpaError VDPA-PLAN-001 for what is no plan, or one of another version. */
export function readPlanFile(path: string, shown: string): PlanFile {
  const refuse = (message: string) =>
    new VdpaError('VDPA-PLAN-001', message, {
      where: shown,
      next: 'make one: vdpactl deploy --dry-run server --plan FILE',
    });
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw refuse(`the plan cannot be read (${errnoOf(error) ?? messageOf(error)})`);
  }
  const parsed = planFileSchema.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(`it is not a plan of vdpactl: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  if (parsed.data.version === version) return parsed.data;
  throw refuse(`it was made by vdpactl ${parsed.data.version}, and this is ${version}`);
}

/**
 * Whether a cluster still is what a plan was made on. What is already as planned counts: an interrupted run has done it.
 * @throws VdpaError VDPA-STACK-004 naming everything that moved.
 */
export function verifyUnmoved(file: PlanFile, now: ChangeSet, where: string): void {
  const planned = new Map(file.changes.map((change) => [keyOf(change.ref), change]));
  const nodes = new Map(file.nodes.map(({ node, action }) => [node, action]));
  const moved = [
    ...now.objects.flatMap(({ ref, action, basedOn }) => {
      const before = planned.get(keyOf(ref));
      if (action === 'unchanged' || (before?.action === action && before.basedOn === basedOn)) return [];
      return [`${refText(ref)}: ${before === undefined ? 'not part of the plan' : movedHow(before.basedOn, basedOn)}`];
    }),
    ...now.nodes.flatMap(({ node, action }) =>
      action === 'unchanged' || nodes.get(node) === action ? [] : [`node ${node}: not as it was`],
    ),
  ];
  if (moved.length === 0) return;
  throw new VdpaError('VDPA-STACK-004', 'the cluster has changed since the plan was made', {
    where,
    details: moved.length > 20 ? [...moved.slice(0, 20), `and ${moved.length - 20} more`] : moved,
    next: 'make the plan anew and review it: vdpactl deploy --dry-run server --plan FILE; nothing was changed',
  });
}

function movedHow(before: string | null, now: string | null): string {
  if (before === null) return 'it is there now';
  return now === null ? 'it is gone' : 'it was changed';
}
