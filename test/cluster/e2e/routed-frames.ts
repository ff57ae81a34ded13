// SPDX-License-Identifier: Apache-2.0
import type { TestFrames } from '../../hardware/helpers/wire.ts';

const mark = Buffer.from('vdpactl routed frame');
const ethernetBytes = 14;
const ipBytes = 20;
const udpBytes = 8;
const payloadBytes = 64;
const frameBytes = ethernetBytes + ipBytes + udpBytes + payloadBytes;
const timeToLive = 64;
const own = { mac: '02:00:00:00:00:99', address: [203, 0, 113, 9] };
/** In the network that l3fwd has a route for, out of its first port, without being told. */
const destination = [198, 18, 0, 7];
/** Whom l3fwd takes to be at the other end of its first port. */
const nextHop = '02:00:00:00:00:00';

/**
 * UDP datagrams, as any host sends them to its router. They come back routed: to the next hop, with the time to live one
 * less and the header's checksum right again, and all else as it was. Only a router does that; a wire, a switch or a
 * program that sends back what it gets does not.
 */
export const routedFrames: TestFrames = {
  make: (to, generation, number) => frame(to, own.mac, timeToLive, generation, number),
  read(seen) {
    if (seen.length < frameBytes || seen.readUInt16BE(12) !== 0x0800) return null;
    const at = frameBytes - payloadBytes + mark.length;
    const [generation, number] = [seen.readUInt32BE(at), seen.readUInt32BE(at + 4)];
    // Whose MAC it comes from is the workload's own affair.
    const from = seen
      .subarray(6, 12)
      .toString('hex')
      .replace(/..(?!$)/g, '$&:');
    const wanted = frame(nextHop, from, timeToLive - 1, generation, number);
    return seen.subarray(0, frameBytes).equals(wanted) ? { generation, number } : null;
  },
};

function frame(to: string, from: string, ttl: number, generation: number, number: number): Buffer {
  const payload = Buffer.alloc(payloadBytes, (generation + number) & 0xff);
  mark.copy(payload);
  payload.writeUInt32BE(generation, mark.length);
  payload.writeUInt32BE(number, mark.length + 4);
  const udp = Buffer.alloc(udpBytes);
  udp.writeUInt16BE(4_000, 0);
  udp.writeUInt16BE(4_001, 2);
  // A checksum of 0 is none.
  udp.writeUInt16BE(udpBytes + payloadBytes, 4);
  const ip = Buffer.alloc(ipBytes);
  ip.writeUInt8(0x45, 0);
  ip.writeUInt16BE(ipBytes + udpBytes + payloadBytes, 2);
  ip.writeUInt8(ttl, 8);
  ip.writeUInt8(17, 9);
  Buffer.from(own.address).copy(ip, 12);
  Buffer.from(destination).copy(ip, 16);
  ip.writeUInt16BE(checksum(ip), 10);
  return Buffer.concat([bytes(to), bytes(from), Buffer.from([0x08, 0x00]), ip, udp, payload]);
}

/** The one's complement of the one's complement sum of all 16-bit words. */
function checksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function bytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}
