// SPDX-License-Identifier: Apache-2.0
/**
 * Judges a guest's disk from outside by the rule at the head of record.c: each slot holds the last record
 * that was due there by the highest one, and only the slot of the next record, which may have been under
 * way, may be anything. Written independently of record.c on purpose: a mistake in one shows in the other.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, run } from "../machine/command.js";

export type ImageVerdict =
  | { readonly kind: "whole"; readonly highest: number }
  | { readonly kind: "contradiction"; readonly slot: number; readonly sentence: string };

export type ImageDescription = {
  readonly format: "raw" | "qcow2";
  readonly flavour: "disk" | "ext4";
  /** 32 hexadecimal digits. */
  readonly nonce: string;
  readonly slots: number;
};

type Slot =
  | { readonly kind: "empty" }
  | { readonly kind: "record"; readonly n: number }
  | { readonly kind: "foreign" }
  | { readonly kind: "broken"; readonly why: string };

const recordBytes = 4096;
const patternAt = 32;
const crcAt = 4092;
const marker = Buffer.from("GEMELREC", "latin1");
const mask64 = (1n << 64n) - 1n;

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = ((crcTable[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)) >>> 0;
  return (value ^ 0xffffffff) >>> 0;
}

/** The bytes of record n, as the guest writes them. */
export function recordOf(n: number, nonce: string): Buffer {
  const record = Buffer.alloc(recordBytes + 8);
  marker.copy(record);
  record.writeBigUInt64LE(BigInt(n), 8);
  Buffer.from(nonce, "hex").copy(record, 16);
  let state = BigInt(n);
  for (let at = patternAt; at < crcAt; at += 8) {
    state = (state + 0x9e3779b97f4a7c15n) & mask64;
    let word = ((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n) & mask64;
    word = ((word ^ (word >> 27n)) * 0x94d049bb133111ebn) & mask64;
    record.writeBigUInt64LE(word ^ (word >> 31n), at);
  }
  record.writeUInt32LE(crc32c(record.subarray(0, crcAt)), crcAt);
  return record.subarray(0, recordBytes);
}

function judgeSlot(bytes: Buffer, nonce: string): Slot {
  if (bytes.every((byte) => byte === 0)) return { kind: "empty" };
  if (!bytes.subarray(0, 8).equals(marker)) return { kind: "broken", why: "no record marker" };
  if (bytes.readUInt32LE(crcAt) !== crc32c(bytes.subarray(0, crcAt)))
    return { kind: "broken", why: "a wrong checksum" };
  if (bytes.toString("hex", 16, 32) !== nonce) return { kind: "foreign" };
  const n = Number(bytes.readBigUInt64LE(8));
  return bytes.equals(recordOf(n, nonce))
    ? { kind: "record", n }
    : { kind: "broken", why: "a wrong pattern" };
}

/** Judges the slots at the beginning of a raw file. */
export function checkImage(path: string, nonce: string, slots: number): ImageVerdict {
  const file = openSync(path, "r");
  const found: Slot[] = [];
  try {
    for (let slot = 0; slot < slots; slot++) {
      const bytes = Buffer.alloc(recordBytes);
      readSync(file, bytes, 0, recordBytes, slot * recordBytes);
      found.push(judgeSlot(bytes, nonce));
    }
  } finally {
    closeSync(file);
  }
  return judgeSlots(found, slots);
}

function judgeSlots(found: readonly Slot[], slots: number): ImageVerdict {
  const highest = Math.max(0, ...found.map((slot) => (slot.kind === "record" ? slot.n : 0)));
  for (const [index, slot] of found.entries()) {
    if (index === (highest + 1) % slots) continue;
    const due = Math.max(0, highest - ((highest - index + slots) % slots));
    const isRight = due === 0 ? slot.kind === "empty" : slot.kind === "record" && slot.n === due;
    if (isRight) continue;
    const wanted = due === 0 ? "nothing" : `record ${due}`;
    const sentence = `slot ${index} holds ${describe(slot)}, due is ${wanted} by record ${highest}`;
    return { kind: "contradiction", slot: index, sentence };
  }
  return { kind: "whole", highest };
}

function describe(slot: Slot): string {
  switch (slot.kind) {
    case "empty":
      return "nothing";
    case "record":
      return `record ${slot.n}`;
    case "foreign":
      return "a record of another run";
    case "broken":
      return `a broken record (${slot.why})`;
  }
}

/** Judges a disk image of any format and flavour; the image itself stays untouched. */
export async function checkDisk(path: string, image: ImageDescription): Promise<ImageVerdict> {
  if (image.format === "raw" && image.flavour === "disk") return checkImage(path, image.nonce, image.slots);
  const work = mkdtempSync(join(tmpdir(), "gemel-image-"));
  try {
    const raw = join(work, "raw");
    await must(["qemu-img", "convert", "-U", "-f", image.format, "-O", "raw", path, raw], {
      timeoutMs: 120_000,
    });
    if (image.flavour === "disk") return checkImage(raw, image.nonce, image.slots);
    return checkImage(await recordsFileOf(raw, work), image.nonce, image.slots);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Takes the records out of an ext4 image; its journal is replayed first, as a mount would. */
async function recordsFileOf(raw: string, work: string): Promise<string> {
  const replayed = await run(["e2fsck", "-fy", raw], { timeoutMs: 120_000 });
  // 1: something was put right, the journal for one.
  if (replayed.code === null || replayed.code > 1)
    throw new Error(`the guest's ext4 is damaged: ${replayed.stdout}`);
  const records = join(work, "records");
  await must(["debugfs", "-R", `dump /records ${records}`, raw]);
  return records;
}
