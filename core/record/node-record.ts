// SPDX-License-Identifier: Apache-2.0
// /var/lib/gemel/node.json: what of the decisions must survive this daemon, per module (wishes, words given,
// known copies: R19, R20, R27). Written as a whole, flushed, before anything that rests on it is done. A
// damaged file is set beside and named; modules then start as not proven, which costs a question to a person
// and never data. A newer one is refused and untouched (R30).

import { open, rename } from "node:fs/promises";
import { renameSync } from "node:fs";
import { dirname } from "node:path";
import { GemelError } from "../base/errors.js";
import { durableText, readDurable } from "./durable-file.js";

const format = 1;

export interface NodeRecord {
  readonly node: string;
  /** Module id → its durable part (core/failover/types.ts Durable). */
  readonly modules: Readonly<Record<string, unknown>>;
}

export interface FoundRecord {
  readonly record: NodeRecord | undefined;
  readonly trouble: string | undefined;
}

export function readNodeRecord(file: string): FoundRecord {
  const found = readDurable(file, format);
  switch (found.kind) {
    case "absent":
      return { record: undefined, trouble: undefined };
    case "value":
      return { record: found.value as NodeRecord, trouble: undefined };
    case "newer":
      throw new GemelError("GEMEL-2009", file, `It has format ${found.format}.`);
    case "damaged": {
      renameSync(file, `${file}.damaged`);
      return { record: undefined, trouble: `${file}: ${found.reason}; it was moved to ${file}.damaged` };
    }
  }
}

/** Off the event loop's thread: a slow disk must not stop heartbeats. */
export async function writeNodeRecord(file: string, record: NodeRecord): Promise<void> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(durableText(format, record));
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  const folder = await open(dirname(file), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
