// SPDX-License-Identifier: Apache-2.0
import type { FleetResult } from '../../../fleet/fleet-result.ts';
import { reportsFile } from '../../../platform/capture/sysdump-reports.ts';
import { schemaVersion } from '../../../schema-version.ts';
import { scrub } from '../allow/scrub.ts';
import type { PartScope } from '../parts.ts';

/** The reports of the nodes, as `detect --from` reads them. */
export async function collectReports(results: readonly FleetResult[], scope: PartScope): Promise<void> {
  const nodes = results.map((result) => {
    if ('report' in result) return result.report;
    const { code, message } = result.error;
    scope.gap(result.node, 'failed', message);
    return { node: { name: result.node }, error: { code, message: scrub(message) } };
  });
  await scope.add(reportsFile, { schemaVersion, nodes });
}
