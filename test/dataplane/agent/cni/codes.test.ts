// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { cniCodes } from '../../../../dataplane/agent/cni/cni-error.ts';
import { page } from '../../../docs/markdown.ts';

it('docs/cni.md has one row for each code, in their order', () => {
  const rows = [...page('docs/cni.md').text.matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]));
  expect(rows).toEqual(Object.values(cniCodes));
});
