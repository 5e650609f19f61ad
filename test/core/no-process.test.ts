// SPDX-License-Identifier: Apache-2.0
// That a process is gone is never concluded from not being able to look: this test process may open nothing
// more for a while.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { identityOf, isDead } from "../../core/edge/mirror/identity.js";
import { findProcess } from "../../kvm/host/process.js";

test("too-many-open-files-is-no-death", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "gemel-no-process-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "cam1.xml"), `<domstatus pid='${process.pid}'><uuid>cam1</uuid></domstatus>`);
  const own = identityOf(process.pid);
  assert.ok(own !== undefined && !isDead(own));
  const limit = (files: string): string => `prlimit --pid ${process.pid} --nofile=${files}:`;
  const limiter = spawn("sh", ["-c", `${limit("1")} && echo set && read x; ${limit("1024")}`]);
  await once(limiter.stdout, "data");
  const seen = await findProcess(folder, "cam1").then(
    () => "it was looked at",
    (error: unknown) => (error as NodeJS.ErrnoException).code,
  );
  const dead = isDead(own);
  limiter.stdin.end("\n");
  await once(limiter, "exit");
  assert.equal(seen, "EMFILE");
  assert.equal(dead, false, "a process that could not be looked at was taken for dead");
});
