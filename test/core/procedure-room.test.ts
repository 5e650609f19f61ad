// SPDX-License-Identifier: Apache-2.0
// A procedure whose journal cannot be written: it waits and goes on, and nothing of it ends the daemon.

import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { procedureAgainMs } from "../../core/base/limits/edge.js";
import { Procedures } from "../../core/procedure/procedure.js";

test("procedure-without-room-for-its-journal-waits", async (t) => {
  const root = mkdtempSync(join(tmpdir(), "gemel-procedure-"));
  t.after(() => rmSync(root, { recursive: true }));
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const folder = join(root, "procedures");
  const said: string[] = [];
  const procedures = new Procedures(folder, {
    record: (_subject, sentence) => said.push(sentence),
    changed: () => undefined,
  });
  let runs = 0;
  const takeRoomOnce = async (): Promise<void> => {
    await Promise.resolve();
    if (++runs > 1) return;
    renameSync(folder, `${folder}.away`);
    writeFileSync(folder, "");
  };
  procedures.define<object>({
    kind: "protect",
    noReturn: 0,
    steps: [{ name: "moving", run: takeRoomOnce }],
  });
  const id = procedures.start("protect", "cam1", {});
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  await settled();
  assert.match(said.at(-1) ?? "", /its journal cannot be written; it waits/);
  rmSync(folder);
  renameSync(`${folder}.away`, folder);
  t.mock.timers.tick(procedureAgainMs);
  await settled();
  assert.equal(procedures.view(id).state, "done");
  assert.equal(runs, 2);
});
