// SPDX-License-Identifier: Apache-2.0
// A QEMU that ends while its disks are looked at: found out as such. (A daemon died of it, in the middle of a
// swap: the kernel answers EINVAL for the mounts of a process that has left its namespaces.)

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openFiles } from "../../kvm/host/process.js";
import { until } from "./workload-suite.js";

const statOf = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];

test("open-files-of-a-process-that-ends", async (context) => {
  // Its child ends at once and is never waited for.
  const parent = spawn("sh", ["-c", "sleep 0 & exec sleep 60"], { stdio: "ignore" });
  context.after(() => parent.kill("SIGKILL"));
  const { pid } = parent;
  assert.ok(pid !== undefined);
  const zombie = await until("a dead child", () => {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    const child = Number(children[0]);
    return child > 0 && statOf(child)[0] === "Z" ? child : undefined;
  });
  assert.equal(await openFiles({ pid: zombie, startTime: statOf(zombie)[19] ?? "" }), undefined);
});

test("open-files-of-a-process-that-is-gone", async () => {
  assert.equal(await openFiles({ pid: 2 ** 22 + 1, startTime: "1" }), undefined);
});
