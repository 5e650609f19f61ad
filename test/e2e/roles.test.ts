// SPDX-License-Identifier: Apache-2.0
/** The operator's commands under load: swap, stop and start in every order. */
import assert from "node:assert/strict";
import { complaints, foundValues } from "../lab/guest/serial.js";
import { scenarios } from "./fixture.js";
import { homeOf, on } from "./twins.js";
import type { NodeName, Twins } from "./twins.js";

const scenario = scenarios({ modules: ["cam1", "bms1"] });

async function stopBoth(twins: Twins): Promise<number> {
  await twins.gemel("alpha", "stop", "cam1", "--timeout", "120");
  for (const node of ["alpha", "beta"] as const) await twins.untilState(node, "cam1", "STOP");
  return twins.guest("cam1").acknowledged();
}

scenario("swap-under-load", async (twins) => {
  for (const to of ["beta", "alpha"] as const) {
    const acknowledged = twins.guest("cam1").acknowledged();
    await twins.gemel(to, "swap", "cam1", "--timeout", "120");
    await twins.untilReady("cam1", to);
    await twins.acknowledgesMore("cam1");
    assert.ok((foundValues(twins.guest("cam1").serial()).at(-1) ?? 0) >= acknowledged);
  }
  assert.deepEqual(complaints(twins.guest("cam1").serial()), []);
  assert.equal(on(await twins.module("beta", "bms1"), homeOf("bms1")).state, "PRIM");
});

scenario("stop-and-start-in-every-order", async (twins) => {
  const orders: readonly (readonly NodeName[])[] = [
    ["alpha", "beta"],
    ["beta", "alpha"],
  ];
  for (const order of orders) {
    const acknowledged = await stopBoth(twins);
    for (const node of order) await twins.gemel(node, "start", "cam1", "--node", node);
    const module = await twins.until("alpha", "cam1", "protected", ({ protected: green }) => green);
    await twins.acknowledgesMore("cam1");
    assert.ok((foundValues(twins.guest("cam1").serial()).at(-1) ?? 0) >= acknowledged);
    if (on(module, "beta").state === "PRIM") await twins.gemel("beta", "swap", "cam1", "--timeout", "120");
    await twins.untilReady("cam1", "alpha");
  }
});
