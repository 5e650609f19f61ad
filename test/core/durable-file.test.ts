// SPDX-License-Identifier: Apache-2.0
// Files that must survive, on a disk that becomes full while they are written (R100).

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeWhole } from "../../core/edge/record/durable-file.js";
import { onSmallDisk } from "./full-disk/disk.js";

/** No file of this process may be longer: what goes beyond is written up to there, as on a full disk. */
function limitFiles(bytes: string): void {
  execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${bytes}:`]);
}

test("short-write-never-replaces-a-good-file", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "gemel-short-write-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "userconfig.xml");
  writeWhole(file, "good");
  limitFiles("4096");
  t.after(() => limitFiles("unlimited"));
  assert.throws(() => writeWhole(file, "x".repeat(6000)), /EFBIG/);
  assert.equal(readFileSync(file, "utf8"), "good");
  assert.deepEqual(readdirSync(folder), ["userconfig.xml"]);
});

test("full-disk-leaves-every-file-whole", () => {
  assert.deepEqual(onSmallDisk("writers.js", "1m"), {
    "userconfig.xml": "whole",
    "protect's journal": "whole",
    "a key beside its certificate": "whole",
    "the last status": "whole",
    "a mark of the start guard": "whole",
    "the node's record": "whole",
  });
});
