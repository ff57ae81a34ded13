// SPDX-License-Identifier: Apache-2.0

/** IEEE 802 local experimental EtherType 1: nothing on the way has a reason to answer or to drop it. */
const etherType = 0x88b5;
const mark = Buffer.from('vdpactl hardware lab');
const frameBytes = 128;
const headerBytes = 14;

/** A frame that carries its number and that of the exchange it belongs to, and bytes that follow from both. */
export function labFrame(to: string, from: string, generation: number, number: number): Buffer {
  const frame = Buffer.alloc(frameBytes);
  macBytes(to).copy(frame, 0);
  macBytes(from).copy(frame, 6);
  frame.writeUInt16BE(etherType, 12);
  mark.copy(frame, headerBytes);
  const at = headerBytes + mark.length;
  frame.writeUInt32BE(generation, at);
  frame.writeUInt32BE(number, at + 4);
  frame.fill((generation + number) & 0xff, at + 8);
  return frame;
}

/** The numbers of a lab frame that is addressed to `to`, intact; null for every other frame. */
export function readLabFrame(frame: Buffer, to: string): { generation: number; number: number } | null {
  if (frame.length < frameBytes || frame.readUInt16BE(12) !== etherType) return null;
  const at = headerBytes + mark.length;
  const generation = frame.readUInt32BE(at);
  const number = frame.readUInt32BE(at + 4);
  const wanted = labFrame(to, '00:00:00:00:00:00', generation, number);
  const same = (from: number, end: number) => wanted.subarray(from, end).equals(frame.subarray(from, end));
  return same(0, 6) && same(12, frameBytes) ? { generation, number } : null;
}

/** Cuts a stream into frames, each of which comes after its length in 32 bits, big-endian. */
export function frameSplitter(take: (frame: Buffer) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    while (rest.length >= 4) {
      const end = 4 + rest.readUInt32BE(0);
      if (rest.length < end) return;
      take(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
  };
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}
