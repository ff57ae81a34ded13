// SPDX-License-Identifier: Apache-2.0

import type { EngineCommand } from '../../cluster/images/building/engine.ts';
import type { LoadedImage } from '../../cluster/images/building/load-images.ts';
import type { PushedImage } from '../../cluster/images/building/push-images.ts';
import { shellLine } from '../shell-line.ts';
import { textTable } from '../text-table.ts';

/** Commands as a shell takes them, one a line. */
export function commandsText(commands: readonly EngineCommand[]): string {
  return commands
    .map(({ program, args, env = {} }) => {
      const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      return `${shellLine([...set, program, ...args])}\n`;
    })
    .join('');
}

/** Images that an engine has: one line each. */
export function imageFactsText(images: readonly LoadedImage[]): string {
  const rows = images.map(({ reference, sizeBytes, id, digest }) => [
    reference,
    `${(sizeBytes / 1e6).toFixed(1)} MB`,
    id,
    digest ?? '-',
  ]);
  return `${textTable([['IMAGE', 'SIZE', 'ID', 'DIGEST'], ...rows]).join('\n')}\n`;
}

/** The lines of a config that pin what was pushed. */
export function pushedText(images: readonly PushedImage[]): string {
  const lines = images.map(
    ({ name, reference, digest }) => `    ${name}: ${reference}${digest === null ? '' : `@${digest}`}\n`,
  );
  return ['kubernetes:\n', '  images:\n', ...lines].join('');
}
