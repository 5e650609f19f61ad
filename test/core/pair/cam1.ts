// SPDX-License-Identifier: Apache-2.0
// The module that tests of two daemons have in common: cam1, its files in a folder of alpha.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { bytes, nodeName, seconds } from "../../../core/base/units.js";
import { saveModule } from "../../../core/edge/config/files.js";
import type { ModuleSettings } from "../../../core/edge/config/module-file.js";
import { pathsUnder } from "../../../core/edge/config/paths.js";
import { fakeDefinition } from "../../contract/fake-definition.js";
import type { Pair } from "./pair.js";

interface Vm {
  readonly id: string;
  readonly name: string;
}

/** On alpha's disk, as a person would have written it. */
export function configureCam1(pair: Pair, vm: Vm): void {
  pair.mirrors.put("cam1", "domain.xml", fakeDefinition(vm.id, vm.name, [pair.path("alpha", "vm/disk.raw")]));
  const paths = pathsUnder({ etc: pair.path("alpha", "etc"), state: "", run: "" });
  saveModule(paths, "cam1", settingsOf(pair, vm));
}

/** Known to both, started on both, both copies up to date. */
export async function protectCam1(pair: Pair, vm: Vm): Promise<void> {
  configureCam1(pair, vm);
  await pair.until("beta knows cam1", async () => (await pair.status("beta")).modules.length === 1);
  await pair.gemel("alpha", "prim", "cam1", "--timeout", "20");
  await pair.gemel("beta", "start", "cam1", "--node", "beta", "--timeout", "20");
  const ready = await pair.gemel("alpha", "wait", "cam1", "--for", "protected", "--timeout", "20");
  assert.equal(ready.code, 0, ready.stderr);
}

function settingsOf(pair: Pair, vm: Vm): ModuleSettings {
  return {
    uuid: randomUUID(),
    revision: 1,
    index: 0,
    nodes: [nodeName("alpha"), nodeName("beta")],
    vm: { ...vm, folder: pair.path("alpha", "vm") },
    defaultPrim: { kind: "alone" },
    failover: true,
    boot: true,
    maxLoop: 3,
    loopInterval: seconds(86_400),
    acknowledge: "written",
    resyncCap: bytes(0),
    powerOff: "stop",
    stop: { how: "shutdown", nice: seconds(30), force: seconds(30) },
    placement: { pin: null, apart: null },
    excluded: [],
  };
}
