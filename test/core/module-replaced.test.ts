// SPDX-License-Identifier: Apache-2.0
// Replacing a module's whole configuration: settings change, what the module is does not.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { GemelError } from "../../core/base/errors.js";
import type { ModuleSettings } from "../../core/edge/config/module-file.js";
import { pathsUnder } from "../../core/edge/config/paths.js";
import { Modules } from "../../core/edge/config/modules.js";
import { newSettings } from "../../core/protect/plan.js";

test("module-replaced: another port, VM, folder or node is refused; settings are taken", (context) => {
  const root = mkdtempSync(join(tmpdir(), "gemel-modules-"));
  context.after(() => rmSync(root, { recursive: true }));
  const paths = pathsUnder({ etc: join(root, "etc"), state: join(root, "lib"), run: join(root, "run") });
  const nothing = (): void => undefined;
  const modules = new Modules(paths, { configured: nothing, removed: nothing, said: nothing });
  const vm = { id: "0b2a", name: "Cam 1" };
  const settings = newSettings({ vm, folder: "/vm/cam1", nodes: ["alpha", "beta"], index: 3, excluded: [] });
  modules.create("cam1", settings);
  const changes: readonly (readonly [RegExp, Partial<ModuleSettings>])[] = [
    [/uuid .* not 00/, { uuid: "00" }],
    [/index cannot be changed here: it is 3, not 4/, { index: 4 }],
    [/the VM /i, { vm: { ...settings.vm, id: "ffff" } }],
    [/the folder .*\/vm\/cam1, not \/elsewhere/i, { vm: { ...settings.vm, folder: "/elsewhere" } }],
    [/the nodes .*beta and alpha/i, { nodes: [...settings.nodes].reverse() }],
  ];
  for (const [message, change] of changes)
    assert.throws(
      () => modules.replace("cam1", { ...settings, ...change }),
      (error) => error instanceof GemelError && error.code === "GEMEL-4006" && message.test(error.message),
    );
  assert.equal(modules.expect("cam1").revision, settings.revision, "nothing was written");
  modules.replace("cam1", { ...settings, failover: false });
  assert.deepEqual(
    [modules.expect("cam1").failover, modules.expect("cam1").revision],
    [false, settings.revision + 1],
  );
});
