// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { nodeReportSchema } from '../../../src/platform/node-report.ts';

/** What the lab looks at in the answers of the command line. */
export const detectAnswer = nodeReportSchema.extend({
  decision: z.object({
    provider: z.string(),
    backend: z.string(),
    devices: z.array(z.object({ pciAddress: z.string(), driver: z.string().nullable(), why: z.string() })),
    evidence: z.array(z.object({ claim: z.string(), source: z.string(), value: z.string().nullable() })),
    conflicts: z.array(z.string()),
    rejected: z.array(z.object({ what: z.string(), why: z.string() })),
  }),
});

export const checkAnswer = z.object({
  checks: z.array(
    z.object({
      id: z.string(),
      level: z.enum(['pass', 'warn', 'fail', 'skip']),
      found: z.string(),
      needed: z.string(),
      hint: z.string().nullable(),
    }),
  ),
});

export const prepareAnswer = z.object({
  plan: z.object({ steps: z.array(z.object({ kind: z.string(), text: z.string() })) }),
  done: z.array(z.object({ text: z.string() })),
});
