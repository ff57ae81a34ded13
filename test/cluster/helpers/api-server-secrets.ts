// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function serviceAccountKeyIn(folder: string): string {
  return join(folder, 'service-account.key');
}

/** Writes the key of service accounts and a token for every user; answers the tokens. */
export function writeSecrets(
  folder: string,
  users: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, string>> {
  mkdirSync(join(folder, 'certificates'), { mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  writeFileSync(serviceAccountKeyIn(folder), privateKey, { mode: 0o600 });
  const tokens: Record<string, string> = {};
  const rows = Object.entries(users).map(([user, groups]) => {
    const token = randomBytes(24).toString('hex');
    tokens[user] = token;
    return `${token},${user},${user},"${groups.join(',')}"\n`;
  });
  writeFileSync(join(folder, 'tokens.csv'), rows.join(''), { mode: 0o600 });
  return tokens;
}

/** A kubeconfig of one user of one cluster. */
export function kubeconfigText(url: string, authority: string, user: string, token: string): string {
  // JSON is YAML.
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'lab',
          cluster: { server: url, 'certificate-authority-data': Buffer.from(authority).toString('base64') },
        },
      ],
      users: [{ name: user, user: { token } }],
      contexts: [{ name: 'lab', context: { cluster: 'lab', user } }],
      'current-context': 'lab',
    },
    null,
    2,
  )}\n`;
}
