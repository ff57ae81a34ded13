// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CniCalls } from '../../../../dataplane/agent/metrics/cni-calls.ts';
import { type DeviceFacts, deviceFamilies } from '../../../../dataplane/agent/metrics/device-metrics.ts';
import { exposition, type Family } from '../../../../dataplane/agent/metrics/exposition.ts';
import { processFamilies } from '../../../../dataplane/agent/metrics/process-metrics.ts';

const side = {
  rxPackets: 1,
  rxBytes: 64,
  rxMissed: 2,
  rxErrors: 0,
  rxNoBuffer: null,
  txPackets: 5,
  txBytes: 320,
  txErrors: 7,
};
const device = (change: Partial<DeviceFacts> = {}): DeviceFacts => ({
  device: '0000:65:00.2',
  backend: 'testpmd',
  state: 'running',
  attached: true,
  restarts: 3,
  counters: { wire: side, workload: null, connected: true },
  ...change,
});

/** What a line of the text format may be: a comment, or a name with labels and a number. */
const line =
  /^(?:# (?:HELP|TYPE) [a-z_:][a-z0-9_:]* .+|[a-z_:][a-z0-9_:]*(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (?:[+-]Inf|NaN|-?[\d.]+(?:e[+-]?\d+)?))$/;

describe('the metrics', () => {
  it('are in the format that Prometheus reads', () => {
    const calls = new CniCalls();
    calls.add({ command: 'ADD', code: 0, seconds: 0.0007 });
    const families = [...deviceFamilies([device()]), ...calls.families(), ...processFamilies('0.1.0')];
    const text = exposition(families);
    expect(text.endsWith('\n')).toBe(true);
    for (const each of text.trimEnd().split('\n')) expect(each).toMatch(line);
  });

  it('are read back as they were, whatever is in a label', () => {
    fc.assert(
      fc.property(fc.string(), fc.double(), (value, number) => {
        const text = exposition([
          { name: 'x', help: 'a\nb\\', type: 'gauge', samples: [{ labels: { l: value }, value: number }] },
        ]);
        const sample = text.split('\n')[2] ?? '';
        expect(sample).toMatch(/^x\{l="/);
        const quoted = sample.slice('x{l='.length, sample.lastIndexOf('}'));
        const unescaped = quoted.slice(1, -1).replaceAll(/\\(.)/g, (_all, c: string) => (c === 'n' ? '\n' : c));
        expect(unescaped).toBe(value);
        expect(text.split('\n')).toHaveLength(4);
      }),
    );
  });

  it('are called by the conventions: a unit in each name, and _total at counters alone', () => {
    const calls = new CniCalls();
    calls.add({ command: 'DEL', code: 0, seconds: 1 });
    const families: Family[] = [...deviceFamilies([device()]), ...calls.families(), ...processFamilies('0')];
    for (const { name, type } of families) expect(name.endsWith('_total'), name).toBe(type === 'counter');
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
  });
});

describe('of devices', () => {
  const text = exposition(
    deviceFamilies([
      device(),
      device({ device: 'vd0', backend: 'vhost-vdpa', state: 'stopped', attached: false, restarts: 0, counters: null }),
    ]),
  );

  it.each([
    'vdpactl_devices{state="running"} 1',
    'vdpactl_devices{state="stopped"} 1',
    'vdpactl_devices{state="backing-off"} 0',
    'vdpactl_device_up{device="0000:65:00.2",backend="testpmd"} 1',
    'vdpactl_device_up{device="vd0",backend="vhost-vdpa"} 0',
    'vdpactl_device_attached{device="vd0",backend="vhost-vdpa"} 0',
    'vdpactl_backend_restarts_total{device="0000:65:00.2",backend="testpmd"} 3',
    'vdpactl_device_connected{device="0000:65:00.2",backend="testpmd"} 1',
    'vdpactl_device_received_packets_total{device="0000:65:00.2",side="wire"} 1',
    'vdpactl_device_transmitted_bytes_total{device="0000:65:00.2",side="wire"} 320',
    'vdpactl_device_dropped_packets_total{device="0000:65:00.2",side="wire",reason="transmit-error"} 7',
  ])('say %s', (sample) => {
    expect(text.split('\n')).toContain(sample);
  });

  it('say nothing that nobody has counted', () => {
    expect(text).not.toContain('reason="no-buffer"');
    expect(text).not.toContain('side="workload"');
    expect(text).not.toMatch(/received.*vd0/);
  });
});

describe('of CNI calls', () => {
  it('count by command and code, and sort durations into buckets that add up', () => {
    const calls = new CniCalls();
    for (const seconds of [0.0005, 0.003, 0.003, 42]) calls.add({ command: 'ADD', code: 0, seconds });
    calls.add({ command: 'ADD', code: 100, seconds: 0.5 });
    const text = exposition(calls.families()).split('\n');
    expect(text).toContain('vdpactl_cni_calls_total{command="ADD",code="0"} 4');
    expect(text).toContain('vdpactl_cni_calls_total{command="ADD",code="100"} 1');
    expect(text).toContain('vdpactl_cni_call_duration_seconds_bucket{command="ADD",le="0.001"} 1');
    expect(text).toContain('vdpactl_cni_call_duration_seconds_bucket{command="ADD",le="0.005"} 3');
    expect(text).toContain('vdpactl_cni_call_duration_seconds_bucket{command="ADD",le="10"} 4');
    expect(text).toContain('vdpactl_cni_call_duration_seconds_bucket{command="ADD",le="+Inf"} 5');
    expect(text).toContain('vdpactl_cni_call_duration_seconds_count{command="ADD"} 5');
  });

  it('take no more room for commands that somebody makes up', () => {
    const calls = new CniCalls();
    for (let index = 0; index < 1000; index += 1) calls.add({ command: `X${index}`, code: 4, seconds: 0 });
    expect(exposition(calls.families()).split('\n')).toContain(
      'vdpactl_cni_calls_total{command="other",code="4"} 1000',
    );
  });
});
