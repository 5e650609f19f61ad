// SPDX-License-Identifier: Apache-2.0
/**
 * The wire's pinned frames, read by a second, independent reader: what the C++ codec writes is what
 * docs/wire say, and a change of the encoding turns this red in both languages.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { crc32c, Fields } from "./fields.js";

type Vector = {
  readonly name: string;
  readonly type: number;
  readonly messageBytes: number;
  readonly dataBytes: number;
  readonly frame: string;
};

const path = resolve(import.meta.dirname, "../../../test/vectors/wire.json");
const pinned = JSON.parse(readFileSync(path, "utf8")) as { version: number; vectors: Vector[] };

const headerBytes = 32;

function frameOf(name: string): { header: Buffer; message: Buffer; data: Buffer } {
  const vector = pinned.vectors.find((one) => one.name === name);
  assert.ok(vector !== undefined, `no vector ${name}`);
  const bytes = Buffer.from(vector.frame, "hex");
  const end = headerBytes + vector.messageBytes;
  return {
    header: bytes.subarray(0, headerBytes),
    message: bytes.subarray(headerBytes, end),
    data: bytes.subarray(end),
  };
}

test("wire-vectors-have-the-stated-header", () => {
  assert.equal(pinned.version, 1);
  for (const vector of pinned.vectors) {
    const bytes = Buffer.from(vector.frame, "hex");
    assert.equal(bytes.toString("latin1", 0, 2), "GM", vector.name);
    assert.equal(bytes.readUInt8(2), pinned.version, vector.name);
    assert.equal(bytes.readUInt8(3), vector.type, vector.name);
    assert.equal(bytes.readUInt32LE(4), vector.messageBytes, vector.name);
    assert.equal(bytes.readUInt32LE(8), vector.dataBytes, vector.name);
    assert.equal(bytes.readBigUInt64LE(16), 0x0102030405060708n, vector.name);
    assert.equal(bytes.readBigUInt64LE(24), 0x1112131415161718n, vector.name);
    assert.equal(bytes.length, headerBytes + vector.messageBytes + vector.dataBytes, vector.name);
  }
});

test("wire-vectors-checksum-covers-header-message-and-data", () => {
  for (const vector of pinned.vectors) {
    const bytes = Buffer.from(vector.frame, "hex");
    const crc = bytes.readUInt32LE(12);
    bytes.writeUInt32LE(0, 12);
    assert.equal(crc32c(bytes), crc, vector.name);
  }
});

test("wire-vectors-types-are-named-once", () => {
  const types = pinned.vectors.map(({ type }) => type);
  assert.equal(new Set(types).size, types.length);
  assert.ok(types.every((type) => type > 0));
});

test("wire-vectors-write-reads-as-written", () => {
  const { message, data } = frameOf("write");
  const fields = new Fields(message);
  assert.deepEqual([fields.u64(), fields.u64(), fields.u8()], [0x1234n, 8192n, 1]);
  fields.end();
  assert.deepEqual(
    [...data],
    Array.from({ length: 48 }, (_, i) => (i * 5) % 256),
  );
});

test("wire-vectors-hello-reads-as-written", () => {
  const fields = new Fields(frameOf("hello").message);
  assert.equal(fields.text(), "6d2f1f0e-0000-4000-8000-000000000001");
  assert.equal(fields.text(), "cam1");
  assert.equal(fields.text(), "6d2f1f0e-0000-4000-8000-000000000002");
  assert.equal(fields.text(), "alpha");
  assert.equal(fields.u64(), 0xa1a2a3a4a5a6a7a8n);
  assert.deepEqual([fields.u8(), fields.u8(), fields.u32()], [1, 1, 4096]);
  // copy inconsistent, running frozen, right paired, clean, no tracking, unbroken, not elected
  assert.deepEqual(
    Array.from({ length: 7 }, () => fields.u8()),
    [3, 1, 1, 1, 0, 1, 0],
  );
  const generations = [fields.u64(), fields.u64(), fields.u64()];
  assert.deepEqual(generations, [0xb1b2b3b4b5b6b7b8n, 0xc1c2c3c4c5c6c7c8n, 0xd1d2d3d4d5d6d7d8n]);
  assert.deepEqual(
    Array.from({ length: fields.u32() }, () => fields.u64()),
    [3n, 2n, 1n],
  );
  assert.deepEqual([fields.u64(), fields.u64(), fields.u64(), fields.u64()], [17n, 4n, 1000n, 998n]);
  assert.equal(fields.u8(), 1, "changed while stopped (R29)");
  fields.end();
});

test("wire-vectors-ack-carries-a-negative-result", () => {
  const fields = new Fields(frameOf("ack").message);
  assert.deepEqual([fields.u8(), fields.i32()], [2, -28]);
  fields.end();
});

test("wire-vectors-names-are-utf8", () => {
  assert.ok(frameOf("change").message.includes(Buffer.from("Büro 카메라.qcow2", "utf8")));
});
