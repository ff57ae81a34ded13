// SPDX-License-Identifier: Apache-2.0

import type { EngineCommand } from '../../cluster/images/building/engine.ts';
import type { LoadedImage } from '../../cluster/images/building/load-images.ts';
import type { PushedImage } from '../../cluster/images/building/push-images.ts';
import { shellLine } from '../shell-line.ts';
import { textTable } from '../text-table.ts';

/** Commands as a shell takes them, one a line. */
export function commandsText(commands: readonly EngineCommand[]): string {
  return commands.map(({ program, args }) => `${shellLine([program, ...args])}\n`).join('');
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

/** As they are pinned in a config. */
export function pushedText(images: readonly PushedImage[]): string {
  return images.map(({ reference, digest }) => `${reference}${digest === null ? '' : `@${digest}`}\n`).join('');
}
