// SPDX-License-Identifier: Apache-2.0
// With what a node's loop begins: what the last daemon wrote, and whether the host has booted since.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { moduleId, nodeName } from "../../core/base/units.js";
import type { ClusterConfig } from "../../core/edge/config/cluster-file.js";
import { pathsUnder } from "../../core/edge/config/paths.js";
import type { Member } from "../../core/edge/network/cluster-network.js";
import { stateAtStart } from "../../core/edge/record/initial-state.js";
import { newSettings } from "../../core/protect/plan.js";

const cam1 = moduleId("cam1");
const vm = { id: "0b2a", name: "Cam 1" };
const settings = newSettings({ vm, folder: "/vm/cam1", nodes: ["alpha", "beta"], index: 3, excluded: [] });
const config = { networks: [], nodes: [] } as unknown as ClusterConfig;
const member = { config, card: { node: nodeName("alpha") } } as Member;

test("boot-is-over-when-its-wishes-are-in-the-record", async (context) => {
  const root = mkdtempSync(join(tmpdir(), "gemel-initial-"));
  context.after(() => rmSync(root, { recursive: true }));
  const paths = pathsUnder({ etc: join(root, "etc"), state: join(root, "lib"), run: join(root, "run") });
  const begin = (): ReturnType<typeof stateAtStart> =>
    stateAtStart(paths, "run", member, new Map([[cam1, settings]]), undefined);
  const wish = (state: ReturnType<typeof begin>["state"]): string | undefined =>
    state.modules[cam1]?.durable.wish.kind;

  const first = begin();
  const stopped = { wish: { kind: "stop", by: "shutdown" } } as const;
  const module = first.state.modules[cam1];
  assert.ok(module !== undefined);
  await first.keep({
    ...first.state,
    modules: { [cam1]: { ...module, durable: { ...module.durable, ...stopped } } },
  });
  assert.equal(wish(begin().state), "stop", "only the daemon was started anew");

  rmSync(paths.run, { recursive: true });
  assert.equal(wish(begin().state), "run", "the host has booted");
  const again = begin();
  assert.equal(wish(again.state), "run", "the daemon died before it had written that down");
  await again.keep(again.state);
  assert.equal(wish(begin().state), "run", "and it is in the record");
});
