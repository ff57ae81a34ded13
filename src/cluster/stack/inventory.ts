// SPDX-License-Identifier: Apache-2.0
import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod';
import { schemaVersion } from '../../schema-version.ts';
import type { KubernetesObject } from '../../templates/kubernetes/kubernetes-object.ts';
import { version } from '../../version.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { applyObject } from '../objects/apply-object.ts';
import { type LiveObject, readLive } from '../objects/live-object.ts';
import { type ObjectRef, objectRefSchema } from '../objects/object-ref.ts';
import { inventoryName, ownerAnnotation } from './stack-names.ts';
import { type StackPlan, stackPlanSchema } from './stack-plan.ts';

const entrySchema = objectRefSchema.extend({
  /** It was there before vdpactl was: destroy takes its own fields back and leaves the object. */
  adopted: z.boolean().default(false),
});

export type InventoryEntry = z.infer<typeof entrySchema>;

const recordSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  /** The vdpactl that wrote it. */
  version: z.string(),
  /** What was under way when it was written. */
  state: z.enum(['deploying', 'deployed', 'destroying']),
  /** All that may be there: written before an object is created, and before one is left out after it is gone. */
  objects: z.array(entrySchema),
});

export interface Inventory extends z.infer<typeof recordSchema> {
  /** What is being deployed, or was. */
  readonly plan: StackPlan;
  /** The last plan that was deployed to its end; null before the first. */
  readonly previous: StackPlan | null;
}

/** An inventory as it was found: there may be none, or one that somebody damaged. */
export type FoundInventory =
  | { readonly kind: 'none' }
  | { readonly kind: 'damaged'; readonly why: string }
  | { readonly kind: 'found'; readonly inventory: Inventory };

const recordKey = 'inventory.json';
const planKey = 'stack.json.gz';
const previousKey = 'previous.json.gz';
/** Far more than any plan takes; what unpacks to more was not written by us. */
const largestPlanBytes = 256 * 1024 * 1024;

const configMapSchema = z.object({
  data: z.record(z.string(), z.string()).optional(),
  binaryData: z.record(z.string(), z.string()).optional(),
});

export function inventoryRef(namespace: string): ObjectRef {
  return { apiVersion: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespace, name: inventoryName };
}

export async function readInventory(
  client: KubeClient,
  namespace: string,
  signal?: AbortSignal,
): Promise<FoundInventory> {
  const live = await readLive(client, inventoryRef(namespace), signal);
  return live === null ? { kind: 'none' } : parseInventory(live);
}

export function parseInventory(live: LiveObject): FoundInventory {
  try {
    const { data = {}, binaryData = {} } = configMapSchema.parse(live);
    const record = recordSchema.parse(JSON.parse(data[recordKey] ?? ''));
    const previous = binaryData[previousKey];
    const plan = unpack(binaryData[planKey] ?? '');
    return {
      kind: 'found',
      inventory: { ...record, plan, previous: previous === undefined ? null : unpack(previous) },
    };
  } catch (error) {
    return { kind: 'damaged', why: error instanceof z.ZodError ? firstIssue(error) : String(error) };
  }
}

function firstIssue({ issues }: z.ZodError): string {
  const [first] = issues;
  return first === undefined ? 'it does not read' : `${first.path.join('.') || recordKey}: ${first.message}`;
}

/** The ConfigMap of an inventory. Pure, and the same bytes for the same inventory. */
export function inventoryObject(
  namespace: string,
  { state, objects, plan, previous }: Omit<Inventory, 'schemaVersion' | 'version'>,
): KubernetesObject {
  const record = { schemaVersion, version, state, objects };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: inventoryName,
      namespace,
      labels: { 'app.kubernetes.io/part-of': 'vdpactl', 'app.kubernetes.io/managed-by': 'vdpactl' },
      annotations: { [ownerAnnotation]: namespace },
    },
    data: { [recordKey]: `${JSON.stringify(record, null, 1)}\n` },
    binaryData: { [planKey]: pack(plan), ...(previous === null ? {} : { [previousKey]: pack(previous) }) },
  };
}

/** Whatever was done to it by hand is replaced. */
export async function writeInventory(
  client: KubeClient,
  namespace: string,
  inventory: Omit<Inventory, 'schemaVersion' | 'version'>,
  signal?: AbortSignal,
): Promise<void> {
  await applyObject(client, inventoryRef(namespace), inventoryObject(namespace, inventory), {
    force: true,
    ...(signal === undefined ? {} : { signal }),
  });
}

function pack(plan: StackPlan): string {
  return gzipSync(JSON.stringify(plan), { level: 6 }).toString('base64');
}

function unpack(text: string): StackPlan {
  const bytes = gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: largestPlanBytes });
  return stackPlanSchema.parse(JSON.parse(bytes.toString('utf8')));
}
