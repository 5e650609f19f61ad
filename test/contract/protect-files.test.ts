// SPDX-License-Identifier: Apache-2.0
// Files of a VM where mounts lie between them, in a mount namespace of its own.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const files = new URL("../../core/protect/files.js", import.meta.url).href;

test("bind-mounted-images-are-copied: foretold, counted, and done", async (context) => {
  const root = mkdtempSync(join(tmpdir(), "gemel-bind-"));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  const script = `
    import { bytesToCopy, moveFiles, moveFilesBack } from ${JSON.stringify(files)};
    const move = { from: "${root}/images/a.raw", to: "${root}/vm/a.raw", bytes: 5 };
    const plain = { from: "${root}/plain/b.raw", to: "${root}/vm/b.raw", bytes: 7 };
    console.log(await bytesToCopy([move, plain], "${root}/vm/m1"));
    await moveFiles([move, plain], () => undefined);`;
  const prepare = `set -e; cd ${root}; mkdir store images plain vm; mount --bind store images
    printf 12345 > images/a.raw; printf 1234567 > plain/b.raw
    "$@"; cat vm/a.raw; echo; cat images/a.raw; echo; ls plain`;
  const shell = ["-m", "sh", "-c", prepare, "sh", process.execPath, "--input-type=module", "-e", script];
  const { stdout } = await run("unshare", shell);
  assert.deepEqual(stdout.trim().split("\n"), ["5", "12345", "12345"], "copied; the other one was renamed");
});
