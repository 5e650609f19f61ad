// SPDX-License-Identifier: Apache-2.0
/**
 * The pinned state files (state.json, written by test/native/state_test.cc), read by a second, independent
 * reader: the envelope that every later format keeps (R30), and what the superblock and the facts say.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { crc32c, Fields } from "./fields.js";

type Piece = { readonly at: number; readonly size: number; readonly hex: string };
type StateFile = { readonly file: string; readonly bytes: number; readonly pieces: readonly Piece[] };

const path = resolve(import.meta.dirname, "../../../test/vectors/state.json");
const pinned = JSON.parse(readFileSync(path, "utf8")) as { version: number; files: readonly StateFile[] };

/** What begins the pieces of each file, in their order; nothing: a body that its head's checksum covers. */
const magics: Readonly<Record<string, readonly string[]>> = {
  "activity-log": ["GMLACTLG", "GMLACTLG"],
  bitmap: ["GMLBITMP", "GMLBITMP", "GMLBITMP"],
  "file-facts": ["GMLFACTS", ""],
  "name-journal": ["GMLNAMES", "GMLNAMES"],
  superblock: ["GMLSUPER", "GMLSUPER", "GMLWORD1"],
};

const envelopeBytes = 32;

function piecesOf(name: string): readonly Buffer[] {
  const file = pinned.files.find((one) => one.file === name);
  assert.ok(file !== undefined, `no state file ${name}`);
  return file.pieces.map(({ hex, size }) => {
    const bytes = Buffer.alloc(size);
    bytes.write(hex, "hex");
    return bytes;
  });
}

function contentOf(piece: Buffer | undefined): Fields {
  assert.ok(piece !== undefined);
  return new Fields(piece.subarray(envelopeBytes, envelopeBytes + piece.readUInt32LE(24)));
}

test("state-vectors-have-the-stated-envelope", () => {
  assert.equal(pinned.version, 1);
  assert.deepEqual(pinned.files.map(({ file }) => file).sort(), Object.keys(magics));
  for (const [name, wanted] of Object.entries(magics)) {
    const pieces = piecesOf(name);
    assert.equal(pieces.length, wanted.length, name);
    for (const [index, magic] of wanted.entries()) {
      const piece = pieces[index];
      if (magic === "" || piece === undefined) continue;
      assert.equal(piece.toString("latin1", 0, 8), magic, name);
      assert.equal(piece.readUInt32LE(8), pinned.version, name);
      const crc = piece.readUInt32LE(12);
      piece.writeUInt32LE(0, 12);
      assert.equal(crc32c(piece), crc, `${name}, piece ${String(index)}`);
    }
  }
});

test("state-vectors-superblock-reads-as-written", () => {
  const fields = contentOf(piecesOf("superblock")[0]);
  assert.equal(fields.u64(), 1n, "the word of the second piece is superseded");
  assert.deepEqual(
    Array.from({ length: 5 }, () => fields.text()),
    [
      "cam1",
      "11111111-2222-3333-4444-555555555555",
      "alpha",
      "99999999-2222-3333-4444-555555555555",
      "aaaaaaaa-2222-3333-4444-555555555555",
    ],
  );
  assert.equal(fields.u8(), 3, "inconsistent");
  const generations = [fields.u64(), fields.u64(), fields.u64()];
  assert.deepEqual(generations, [0xb1b2b3b4b5b6b7b8n, 0xc1c2c3c4c5c6c7c8n, 0xd1d2d3d4d5d6d7d8n]);
  assert.deepEqual(
    Array.from({ length: fields.u32() }, () => fields.u64()),
    [3n, 2n, 1n],
  );
  assert.equal(fields.u64(), 7n, "session");
});

test("state-vectors-facts-are-covered-by-the-checksum-of-their-head", () => {
  const [head, body] = piecesOf("file-facts");
  const fields = contentOf(head);
  assert.deepEqual([fields.u64(), fields.u64(), fields.u64()], [77n, 3n, 2n]);
  assert.ok(body !== undefined);
  // Fid, size, two times of 12 bytes, inode and its generation.
  const each = 56;
  assert.equal(crc32c(body.subarray(0, 2 * each)), fields.u32());
});
