// SPDX-License-Identifier: Apache-2.0
/** How numbers and texts lie on wire and disk: a reader of its own, that shares nothing with the C++ side. */
import assert from "node:assert/strict";

/** CRC32C, bit by bit: slow, and unlike either way of the C++ side. */
export function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** Fields in order, as the header file that declares them lists them. */
export class Fields {
  private at = 0;
  constructor(private readonly bytes: Buffer) {}
  u8(): number {
    return this.bytes.readUInt8(this.at++);
  }
  u32(): number {
    this.at += 4;
    return this.bytes.readUInt32LE(this.at - 4);
  }
  i32(): number {
    this.at += 4;
    return this.bytes.readInt32LE(this.at - 4);
  }
  u64(): bigint {
    this.at += 8;
    return this.bytes.readBigUInt64LE(this.at - 8);
  }
  text(): string {
    const size = this.u32();
    this.at += size;
    return this.bytes.toString("utf8", this.at - size, this.at);
  }
  end(): void {
    assert.equal(this.at, this.bytes.length, "bytes are left over");
  }
}
