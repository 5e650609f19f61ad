// SPDX-License-Identifier: Apache-2.0
/**
 * A screenshot as a PNG with a palette of 256 colours: a third of the size, and nobody sees the difference in
 * a page of flat colours. Only what Chromium writes is read: 8 bits per channel, not interlaced.
 */
import { deflateSync, inflateSync } from "node:zlib";

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const coloursMax = 256;
const commonestMax = 128;

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Each pixel as 0xRRGGBB. */
  readonly colours: Uint32Array;
}

export function withPalette(png: Buffer): Buffer {
  const { width, height, colours } = decode(png);
  const counts = new Map<number, number>();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const palette = paletteOf(counts);
  const place = new Map(palette.map((colour, index) => [colour, index]));
  for (const colour of counts.keys()) if (!place.has(colour)) place.set(colour, nearest(palette, colour));
  const rows = Buffer.alloc((width + 1) * height);
  for (let index = 0; index < colours.length; index += 1)
    rows[index + Math.floor(index / width) + 1] = place.get(colours[index] ?? 0) ?? 0;
  return encode(width, height, palette, rows);
}

/** The commonest, then again and again what is farthest from all of them: a small red star stays red. */
function paletteOf(counts: ReadonlyMap<number, number>): number[] {
  const byCount = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const palette = byCount.slice(0, commonestMax).map(([colour]) => colour);
  const rest = byCount.slice(commonestMax).map(([colour, count]) => ({
    colour,
    weight: Math.log2(count + 1),
    apart: Math.min(...palette.map((one) => distance(one, colour))),
  }));
  while (palette.length < coloursMax) {
    const far = rest.reduce((a, b) => (b.apart * b.weight > a.apart * a.weight ? b : a), nothing);
    if (far.apart === 0) return palette;
    palette.push(far.colour);
    for (const one of rest) one.apart = Math.min(one.apart, distance(far.colour, one.colour));
  }
  return palette;
}

const nothing = { colour: 0, weight: 0, apart: 0 };

function distance(a: number, b: number): number {
  const part = (shift: number): number => (((a >> shift) & 255) - ((b >> shift) & 255)) ** 2;
  return part(16) + part(8) + part(0);
}

function nearest(palette: readonly number[], colour: number): number {
  let best = 0;
  palette.forEach((one, index) => {
    if (distance(one, colour) < distance(palette[best] ?? 0, colour)) best = index;
  });
  return best;
}

function decode(png: Buffer): Pixels {
  const chunks = chunksOf(png);
  const header = chunks.find(({ type }) => type === "IHDR")?.data ?? Buffer.alloc(13);
  const [width, height, depth, kind] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8], header[9]];
  if (depth !== 8 || (kind !== 2 && kind !== 6)) throw new Error("This is no screenshot of Chromium's.");
  const size = kind === 6 ? 4 : 3;
  const data = chunks.filter(({ type }) => type === "IDAT").map((chunk) => chunk.data);
  const bytes = unfiltered(inflateSync(Buffer.concat(data)), width * size, height, size);
  const colours = new Uint32Array(width * height);
  for (let index = 0; index < colours.length; index += 1) colours[index] = bytes.readUIntBE(index * size, 3);
  return { width, height, colours };
}

function chunksOf(png: Buffer): { readonly type: string; readonly data: Buffer }[] {
  const found: { type: string; data: Buffer }[] = [];
  for (let at = signature.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    found.push({ type, data: png.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  return found;
}

/** Each row begins with how it is told from its left and upper neighbours (PNG, section 9). */
function unfiltered(raw: Buffer, row: number, height: number, size: number): Buffer {
  const bytes = Buffer.alloc(row * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (row + 1)] ?? 0;
    for (let x = 0; x < row; x += 1) {
      const left = x < size ? 0 : (bytes[y * row + x - size] ?? 0);
      const up = y === 0 ? 0 : (bytes[(y - 1) * row + x] ?? 0);
      const corner = y === 0 || x < size ? 0 : (bytes[(y - 1) * row + x - size] ?? 0);
      const told = raw[y * (row + 1) + 1 + x] ?? 0;
      bytes[y * row + x] = told + predicted(filter, left, up, corner);
    }
  }
  return bytes;
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function encode(width: number, height: number, palette: readonly number[], rows: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const entries = Buffer.alloc(palette.length * 3);
  palette.forEach((colour, index) => entries.writeUIntBE(colour, index * 3, 3));
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("PLTE", entries),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** Node has one of its own from 22.2 on; 20 is supported. */
function crc32(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}
