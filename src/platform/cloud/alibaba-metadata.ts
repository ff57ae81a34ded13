// SPDX-License-Identifier: Apache-2.0
import type { Cloud } from '../node-report.ts';
import { type AskMetadata, goodText, goodToken, goodValue, metadataClient } from './metadata-client.ts';

const metaData = '/latest/meta-data';

/** Where the ECS metadata service is. */
export function alibabaEndpoint(env: NodeJS.ProcessEnv): string {
  return env['ALIBABA_CLOUD_METADATA_ENDPOINT'] || 'http://100.100.100.200';
}

/**
 * Who ECS says the instance is. As Alibaba's own SDKs do, in the hardened mode with a session token, and in the normal
 * mode where there is none, unless ALIBABA_CLOUD_IMDSV1_DISABLED forbids that. Throws an Error in words for the evidence.
 */
export async function readAlibabaIdentity(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Cloud> {
  if (isSet(env, 'ALIBABA_CLOUD_ECS_METADATA_DISABLED')) throw new Error('ALIBABA_CLOUD_ECS_METADATA_DISABLED is set');
  const endpoint = alibabaEndpoint(env);
  const ask = metadataClient(endpoint, signal);
  const headers = await session(ask, env);
  const item = async (path: string, pattern: RegExp) =>
    goodValue(goodText(await ask(`${metaData}/${path}`, { headers }), path), pattern, path);
  const [instanceId, instanceType, region, zone] = await Promise.all([
    item('instance-id', /^(?:i|hbm|eci|cp)-[a-z0-9]{8,40}$/),
    item('instance/instance-type', /^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+$/),
    item('region-id', /^[a-z]+(?:-[a-z0-9]+)+$/),
    item('zone-id', /^[a-z]+(?:-[a-z0-9]+)+$/),
  ]);
  return { name: 'alibaba', instanceId, instanceType, region, zone, source: `${new URL(endpoint).origin}${metaData}` };
}

/** The headers of the hardened mode, or none where the service does not give out tokens. */
async function session(ask: AskMetadata, env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const answer = await ask('/latest/api/token', {
    method: 'PUT',
    headers: { 'X-aliyun-ecs-metadata-token-ttl-seconds': '60' },
  });
  if (answer.status !== 200 && !isSet(env, 'ALIBABA_CLOUD_IMDSV1_DISABLED')) return {};
  return { 'X-aliyun-ecs-metadata-token': goodToken(answer) };
}

function isSet(env: NodeJS.ProcessEnv, name: string): boolean {
  return env[name]?.toLowerCase() === 'true';
}
