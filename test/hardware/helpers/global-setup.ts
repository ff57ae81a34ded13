// SPDX-License-Identifier: Apache-2.0
import type { TestProject } from 'vitest/node';
import { labImage } from './lab-image.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What guests boot: the folder that test/hardware/build.sh made. */
    readonly hardware: { readonly built: string };
  }
}

export async function setup(project: TestProject): Promise<void> {
  const image = await labImage();
  // test/labs/hardware.lab.sh asks first, and skips.
  if ('missing' in image) throw new Error(image.missing);
  project.provide('hardware', image);
}
