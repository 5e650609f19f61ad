// SPDX-License-Identifier: Apache-2.0
// Who keeps a mirror from being demoted or unmounted is named with pid and path, so that a person can end it.

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openBelow } from "../../core/edge/mirror/mounts.js";

/** A process that has `path` open and sleeps. */
function holder(context: TestContext, path: string, flags: "r" | "a"): ChildProcess {
  const file = openSync(path, flags);
  const child = spawn("sleep", ["60"], { stdio: flags === "r" ? [file, "ignore"] : ["ignore", file] });
  closeSync(file);
  context.after(() => child.kill("SIGKILL"));
  return child;
}

test("open-below-names-process-and-file", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "gemel-open-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const [log, iso] = [join(folder, "guest.log"), join(folder, "setup.iso")];
  for (const path of [log, iso, `${folder}-beside`]) writeFileSync(path, "");
  context.after(() => rmSync(`${folder}-beside`));
  const [writer, reader] = [holder(context, log, "a"), holder(context, iso, "r")];
  holder(context, `${folder}-beside`, "a");
  const except = [process.pid];
  const wanted = `sleep (pid ${writer.pid ?? 0}) has ${log} open`;
  assert.deepEqual(await openBelow(folder, { except, writing: true }), [`${wanted} for writing`]);
  const all = await openBelow(folder, { except, writing: false });
  assert.deepEqual([...all].sort(), [wanted, `sleep (pid ${reader.pid ?? 0}) has ${iso} open`].sort());
  assert.deepEqual(await openBelow(folder, { except: [...except, writer.pid ?? 0], writing: true }), []);
});
