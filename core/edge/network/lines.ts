// SPDX-License-Identifier: Apache-2.0
// JSON values, one per line, out of a stream of bytes. A line that is too long or no JSON ends the
// connection: the other side is not what it should be.

import type { Duplex } from "node:stream";

/** All that comes from now on, after what has come already. */
export function readLines(
  socket: Duplex,
  first: Buffer,
  lineBytesMax: number,
  take: (value: object) => void,
): void {
  const lines = new LineReader(lineBytesMax, take);
  const read = (part: Buffer): void => {
    if (!lines.push(part)) socket.destroy();
  };
  socket.on("data", read);
  read(first);
}

export class LineReader {
  private parts: Buffer[] = [];
  private length = 0;

  constructor(
    private readonly lineBytesMax: number,
    private readonly take: (value: object) => void,
  ) {}

  /** False: refused, close the connection. */
  push(part: Buffer): boolean {
    let from = 0;
    for (let end = part.indexOf(10); end >= 0; end = part.indexOf(10, from)) {
      const line = Buffer.concat([...this.parts, part.subarray(from, end)]);
      this.parts = [];
      this.length = 0;
      from = end + 1;
      if (line.length > this.lineBytesMax || !this.parse(line)) return false;
    }
    if (from < part.length) {
      this.parts.push(part.subarray(from));
      this.length += part.length - from;
    }
    return this.length <= this.lineBytesMax;
  }

  private parse(line: Buffer): boolean {
    let value: unknown;
    try {
      value = JSON.parse(line.toString("utf8"));
    } catch {
      return false;
    }
    if (typeof value !== "object" || value === null) return false;
    this.take(value);
    return true;
  }
}
