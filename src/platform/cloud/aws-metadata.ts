// SPDX-License-Identifier: Apache-2.0
import type { Cloud } from '../node-report.ts';
import { goodText, goodToken, goodValue, metadataClient } from './metadata-client.ts';

const documentPath = '/latest/dynamic/instance-identity/document';

/** Where the EC2 instance metadata service is; the SDKs' own variables change it. */
export function awsEndpoint(env: NodeJS.ProcessEnv): string {
  const ipv6 = env['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE']?.toLowerCase() === 'ipv6';
  return env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || (ipv6 ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254');
}

/**
 * Who EC2 says the instance is, by IMDSv2 only: a session token that is valid for a minute, and with it the instance
 * identity document, which holds no credential. Throws an Error in words for the evidence.
 */
export async function readAwsIdentity(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Cloud> {
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') throw new Error('AWS_EC2_METADATA_DISABLED is set');
  const endpoint = awsEndpoint(env);
  const ask = metadataClient(endpoint, signal);
  const token = goodToken(
    await ask('/latest/api/token', { method: 'PUT', headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '60' } }),
  );
  const answer = await ask(documentPath, { headers: { 'X-aws-ec2-metadata-token': token } });
  const document = parseDocument(goodText(answer, 'identity document'));
  return {
    name: 'aws',
    instanceId: goodValue(document.get('instanceId'), /^i-[0-9a-f]{8,32}$/, 'instanceId'),
    instanceType: goodValue(document.get('instanceType'), /^[a-z0-9-]+\.[a-z0-9-]+$/, 'instanceType'),
    region: goodValue(document.get('region'), /^[a-z]+(?:-[a-z0-9]+)+$/, 'region'),
    zone: goodValue(document.get('availabilityZone'), /^[a-z]+(?:-[a-z0-9]+)+$/, 'availabilityZone'),
    source: `${new URL(endpoint).origin}${documentPath}`,
  };
}

function parseDocument(text: string): Map<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Error('identity document: not JSON');
  }
  if (typeof document !== 'object' || document === null) throw new Error('identity document: not an object');
  return new Map(Object.entries(document));
}
