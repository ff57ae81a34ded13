// SPDX-License-Identifier: Apache-2.0
import type { ListedImage } from '../../cluster/images/list-images.ts';
import { textTable } from '../text-table.ts';

/** One line an image: as the nodes pull it, what it is for, and, where that is somewhere else, where it comes from. */
export function imagesText(images: readonly ListedImage[]): string {
  const isMirrored = images.some(({ reference, upstream }) => reference !== upstream);
  const heads = ['IMAGE', 'FOR', ...(isMirrored ? ['FROM'] : [])];
  const rows = images.map(({ reference, upstream, purpose }) => [
    reference,
    purpose,
    ...(isMirrored ? [upstream] : []),
  ]);
  return `${textTable([heads, ...rows]).join('\n')}\n`;
}
