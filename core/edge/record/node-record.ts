// SPDX-License-Identifier: Apache-2.0
// /var/lib/gemel/node.json.0 and .1: what of the decisions must survive this daemon, per module (wishes,
// words given, known copies: R19, R20, R27). Written, and flushed, before anything that rests on it is
// done.
//
//   gemel format=1 sequence=41 length=1234 crc=89abcdef          the newer whole one of the two counts
//   {"node": …, "modules": …}                                    padded to a fixed size
//
// Two files of fixed size, overwritten in turn: a torn write leaves the other one whole, and a full disk
// (which is a guest's commonest accident, on this very volume) does not keep the daemon from recording what
// it decides about it. Damaged ones are named; modules then start as not proven, which costs a question to
// a person and never data. A newer format is refused and untouched (R30).

import { mkdirSync } from "node:fs";
import { open, unlink, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { GemelError } from "../../base/errors.js";
import { crc32c } from "../../base/crc32c.js";
import { giveReserveUp } from "./reserve.js";
import { readText } from "./durable-file.js";
import { recordSlotBytes } from "../../base/limits/edge.js";

const format = 1;

export interface NodeRecord {
  readonly node: string;
  /** Module id → its durable part (core/decide/mirror/types.ts Durable). */
  readonly modules: Readonly<Record<string, unknown>>;
}

export interface FoundRecord {
  readonly record: NodeRecord | undefined;
  readonly sequence: number;
  readonly trouble: string | undefined;
}

type Slot =
  | { readonly kind: "absent" }
  | { readonly kind: "damaged" }
  | { readonly kind: "whole"; readonly sequence: number; readonly record: NodeRecord };

const slotFile = (file: string, sequence: number): string => `${file}.${sequence % 2}`;

export function readNodeRecord(file: string): FoundRecord {
  const slots = [0, 1].map((number) => readSlot(slotFile(file, number)));
  const whole = slots.filter((slot) => slot.kind === "whole").sort((a, b) => b.sequence - a.sequence);
  const isDamaged = slots.some(({ kind }) => kind === "damaged");
  const [newest] = whole;
  // One torn slot beside a whole one is what a crash in the middle of a write leaves behind.
  const trouble = isDamaged && newest === undefined ? `${file}: no whole record is left` : undefined;
  return { record: newest?.record, sequence: newest?.sequence ?? 0, trouble };
}

function readSlot(file: string): Slot {
  let text: string | undefined;
  try {
    text = readText(file);
  } catch {
    return { kind: "damaged" };
  }
  if (text === undefined) return { kind: "absent" };
  const end = text.indexOf("\n");
  const found = /^gemel format=(\d+) sequence=(\d+) length=(\d+) crc=([0-9a-f]{8})$/.exec(text.slice(0, end));
  if (found === null) return { kind: "damaged" };
  const [, version, sequence, length, crc] = found;
  if (Number(version) > format) throw new GemelError("GEMEL-2009", file, `It has format ${version ?? ""}.`);
  const body = Buffer.from(text.slice(end + 1), "utf8").subarray(0, Number(length));
  if (hex(crc32c(body)) !== crc) return { kind: "damaged" };
  return {
    kind: "whole",
    sequence: Number(sequence),
    record: JSON.parse(body.toString("utf8")) as NodeRecord,
  };
}

/**
 * One per daemon: knows which slot is next. Off the event loop's thread, since a slow disk must not stop
 * heartbeats.
 */
export class NodeRecordWriter {
  constructor(
    private readonly file: string,
    private sequence: number,
  ) {}

  async write(record: NodeRecord): Promise<void> {
    const isFirst = this.sequence === 0;
    await this.put(record);
    // Both slots have their room from the beginning: the disk may be full when the second is needed.
    if (isFirst) await this.put(record);
  }

  private async put(record: NodeRecord): Promise<void> {
    const sequence = this.sequence + 1;
    const body = Buffer.from(`${JSON.stringify(record)}\n`, "utf8");
    const sum = hex(crc32c(body));
    const head = `gemel format=${format} sequence=${sequence} length=${body.length} crc=${sum}\n`;
    const slot = Buffer.alloc(recordSlotBytes, "\n");
    const whole = Buffer.concat([Buffer.from(head), body]);
    if (whole.length > recordSlotBytes)
      throw new GemelError("GEMEL-9003", this.file, "The record does not fit.");
    whole.copy(slot);
    await overwrite(slotFile(this.file, sequence), slot).catch(async (error: unknown) => {
      // Where nothing is overwritten in place (btrfs), a slot that is there needs room as well.
      const isFull = (error as NodeJS.ErrnoException).code === "ENOSPC";
      if (!isFull || !giveReserveUp(dirname(this.file))) throw error;
      await overwrite(slotFile(this.file, sequence), slot);
    });
    this.sequence = sequence;
  }
}

/** In place: a file that is there with its full size needs no more space. */
async function overwrite(file: string, content: Buffer): Promise<void> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  const { handle, isNew } = await openSlot(file);
  try {
    for (let done = 0; done < content.length;)
      done += (await handle.write(content, done, content.length - done, done)).bytesWritten;
    await handle.sync();
  } catch (error) {
    // Half a slot would be taken for one that was torn, and have no room on the next try either.
    if (isNew) await unlink(file);
    throw error;
  } finally {
    await handle.close();
  }
  if (!isNew) return;
  const folder = await open(dirname(file), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function openSlot(file: string): Promise<{ readonly handle: FileHandle; readonly isNew: boolean }> {
  try {
    return { handle: await open(file, "r+"), isNew: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { handle: await open(file, "wx", 0o600), isNew: true };
  }
}

const hex = (value: number): string => value.toString(16).padStart(8, "0");
