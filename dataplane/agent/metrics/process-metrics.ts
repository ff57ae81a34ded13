// SPDX-License-Identifier: Apache-2.0
import type { Family } from './exposition.ts';

/** What every program says of itself, under the names that dashboards know. */
export function processFamilies(version: string): Family[] {
  const { user, system } = process.cpuUsage();
  const gauge = (name: string, help: string, value: number): Family => ({
    name,
    help,
    type: 'gauge',
    samples: [{ labels: {}, value }],
  });
  return [
    {
      name: 'vdpactl_agent_build_info',
      help: 'The version of the agent; the value is always 1.',
      type: 'gauge',
      samples: [{ labels: { version }, value: 1 }],
    },
    {
      name: 'process_cpu_seconds_total',
      help: 'CPU time that the agent has used.',
      type: 'counter',
      samples: [{ labels: {}, value: (user + system) / 1e6 }],
    },
    gauge('process_resident_memory_bytes', 'Resident memory of the agent.', process.memoryUsage.rss()),
    gauge('process_start_time_seconds', 'When the agent was started, since 1970.', performance.timeOrigin / 1000),
  ];
}
