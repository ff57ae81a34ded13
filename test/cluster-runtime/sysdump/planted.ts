// SPDX-License-Identifier: Apache-2.0
import { isRecord } from '../../../src/config/plain-data.ts';

/** A text that must not be found again. */
export const planted = 'PLANTED-hunter2';

/** What a tree of plain data is with a secret beside everything in it: in keys nobody has heard of, at every depth. */
export function withSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSecrets);
  if (!isRecord(value)) return value;
  // Labels and the like hold texts only.
  const isOfTexts = Object.values(value).every((each) => typeof each === 'string');
  if (isOfTexts) return { ...value, 'unheard-of': planted };
  const entries = Object.entries(value).map(([key, below]) => [key, withSecrets(below)]);
  return { ...Object.fromEntries(entries), 'unheard-of': planted, more: { data: planted, list: [planted] } };
}

/** Where people put secrets, whatever else they are told. */
export const secretAnnotations = {
  'kubectl.kubernetes.io/last-applied-configuration': `{"data":{"password":"${planted}"}}`,
  'example.com/token': planted,
};
export const secretLabels = { 'example.com/owner': planted, password: planted };
export const secretEnv = [
  { name: 'TOKEN', value: planted },
  { name: 'NODE_NAME', value: planted },
  { name: 'FROM', valueFrom: { secretKeyRef: { name: 'a-secret', key: planted } } },
];
export const secretContainer = {
  name: 'agent',
  image: 'registry.example.com/node:1',
  command: ['sh', '-c', `login --password ${planted}`],
  args: [`--token=${planted}`],
  env: secretEnv,
  envFrom: [{ secretRef: { name: planted } }],
  livenessProbe: { exec: { command: ['curl', '-H', planted] }, httpGet: { httpHeaders: [{ value: planted }] } },
  lifecycle: { preStop: { exec: { command: [planted] } } },
  resources: { requests: { cpu: '1', [planted.toLowerCase()]: planted } },
};
/** Free text, with what a credential looks like in it. */
export const secretText = `failed: password=${planted}, Authorization: Bearer ${planted}`;
