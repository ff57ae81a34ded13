// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { askedMemoryMiB, quantityMiB, staleFlags, words } from '../../../src/check/manifests/eal-arguments.ts';

const flagsOf = (text: string) => staleFlags(words(text)).map(({ flag, gone }) => `${flag}${gone ? '' : '?'}`);

describe('old EAL flags', () => {
  it.each([
    ['dpdk-testpmd -w 0000:82:00.2 -- -i', ['-w']],
    ['vdpa -w 82:00.2,vdpa=1', ['-w']],
    ['app -w=0000:82:00.2 -w0000:82:00.3', ['-w', '-w']],
    ['dpdk-testpmd -w $PCIDEVICE', ['-w']],
    ['l3fwd --master-lcore 1 --pci-whitelist=0000:01:00.0', ['--master-lcore', '--pci-whitelist']],
    ['--pci-blacklist 0000:01:00.0', ['--pci-blacklist']],
    ['testpmd -c 0x3 -n 4', ['-c?']],
    ['testpmd -c f --socket-mem 1024,0', ['-c?', '--socket-mem?']],
    ['testpmd -c0x3', ['-c?']],
    ['"--master-lcore=1"', ['--master-lcore']],
    // Others have these letters too.
    ['sh -c "dpdk-testpmd -l 1 -a 0000:82:00.2"', []],
    ['curl -w %{http_code} http://example.com', []],
    ['grep -w $word file', []],
    ['ls -c 0x3', []],
    ['seawreck -c 100', []],
    ['dpdk-testpmd -l 1 -a 0000:82:00.2 --main-lcore 1 --numa-mem 512', []],
    ['', []],
  ])('%s', (text, expected) => {
    expect(flagsOf(text)).toEqual(expected);
  });
});

describe('memory asked for', () => {
  it.each([
    ['dpdk-testpmd -m 512 --', 512],
    ['dpdk-testpmd -m512', 512],
    ['dpdk-testpmd --socket-mem=1024,512', 1536],
    ['dpdk-testpmd --numa-mem 256', 256],
    ['httpd --network-stack native -m 2G', 2048],
    ['seawreck --memory=512M', 512],
    ['dpdk-testpmd -l 1', null],
    ['dpdk-testpmd -m $MEMORY', null],
    ['python3 -m http.server', null],
    ['mkdir -m 755 x', null],
  ])('%s', (text, mib) => {
    expect(askedMemoryMiB(words(text))).toBe(mib);
  });

  it.each([
    ['2048Mi', 2048],
    ['2Gi', 2048],
    ['1G', 1e9 / 1024 ** 2],
    ['1048576', 1],
    ['0.5Gi', 512],
    ['lots', null],
    ['', null],
  ])('a quantity %s', (text, mib) => {
    expect(quantityMiB(text)).toBe(mib);
  });
});
