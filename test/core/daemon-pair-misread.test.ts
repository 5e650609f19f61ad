// SPDX-License-Identifier: Apache-2.0
// Two daemons whose settings and records cannot be read any more, one after the other (R103, R104).

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { ModuleStatus } from "../../core/api/contract.js";
import { protectCam1 } from "./pair/cam1.js";
import { nodes, Pair, type Node } from "./pair/pair.js";

let pair: Pair;
before(async () => {
  pair = await Pair.up();
  await protectCam1(pair, { id: randomUUID(), name: "Kamera" });
});
after(() => pair.close());

const module = async (node: Node): Promise<ModuleStatus | undefined> =>
  (await pair.status(node)).modules.find(({ id }) => id === "cam1");

test("unreadable-settings-and-a-lost-record-touch-no-guest", async () => {
  const processes = (): unknown => nodes.map((node) => pair.mirrors.pid(node, "cam1"));
  const before_ = processes();
  for (const node of nodes) {
    const etc = pair.path(node, "etc");
    const files = [join(etc, "modules/cam1/userconfig.xml"), join(etc, "cluster.xml")];
    const whole = files.map((file) => readFileSync(file, "utf8"));
    await pair.stop(node, "SIGKILL");
    for (const [index, file] of files.entries()) writeFileSync(file, whole[index]?.slice(0, -20) ?? "");
    for (const slot of ["0", "1"]) rmSync(pair.path(node, "state", `node.json.${slot}`));
    await pair.start(node);
    await pair.until("both are as they were", async () => (await module(node))?.protected === true);
    const status = await pair.gemel(node, "status");
    assert.match(status.stdout, /cam1[\s\S]*userconfig\.xml, line \d+: /);
    const doctor = await pair.gemel(node, "doctor");
    assert.match(doctor.stdout, /GEMEL-4024[\s\S]*userconfig\.xml, line \d+/);
    assert.match(doctor.stdout, /GEMEL-4025[\s\S]*cluster\.xml, line \d+/);
    assert.equal((await module(node))?.colour, "red");
    for (const [index, file] of files.entries()) writeFileSync(file, whole[index] ?? "");
    await pair.until("mended, it counts", async () => {
      const { modules, warnings } = await pair.status(node);
      return modules[0]?.colour === "green" && !warnings.some((one) => one.includes("cannot be read"));
    });
  }
  assert.equal((await module("alpha"))?.active, "alpha");
  assert.deepEqual(processes(), before_, "no mirror was started anew");
});
