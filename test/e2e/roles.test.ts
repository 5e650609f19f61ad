// SPDX-License-Identifier: Apache-2.0
/**
 * The operator's commands under load: swap, stop and start in every order. Of the nine pairs of a way to
 * stop and a way to start each run takes two, chosen by the printed seed, so that `npm run soak` comes to
 * all of them.
 */
import assert from "node:assert/strict";
import { complaints, foundValues } from "../lab/guest/serial.js";
import { scenarios } from "./fixture.js";
import { homeOf, on } from "./twins.js";
import type { NodeName, Twins } from "./twins.js";

const scenario = scenarios({ modules: ["cam1", "bms1"], guest: { pace: 100, noise: 5 } });
const seed = Number(process.env["GEMEL_SEED"] ?? 1);
const pairsPerRun = 2;

type Order = "both at once" | "alpha first" | "beta first";
const orders: readonly Order[] = ["both at once", "alpha first", "beta first"];

const nodesIn = (order: Order): readonly NodeName[] =>
  order === "alpha first" ? ["alpha", "beta"] : ["beta", "alpha"];

async function stop(twins: Twins, order: Order): Promise<void> {
  if (order === "both at once") await twins.gemel("alpha", "stop", "cam1", "--timeout", "120");
  else
    for (const node of nodesIn(order)) {
      await twins.gemel(node, "stop", "cam1", "--node", node, "--timeout", "120");
    }
  for (const node of ["alpha", "beta"] as const) await twins.untilState(node, "cam1", "STOP");
}

/** A node that left first is not current by itself: it waits for the other one, and so does nobody here. */
async function start(twins: Twins, order: Order): Promise<void> {
  if (order === "both at once") await twins.gemel("beta", "start", "cam1", "--timeout", "120");
  else
    for (const node of nodesIn(order)) {
      await twins.gemel(node, "start", "cam1", "--node", node, "--no-wait");
    }
}

/** Nothing acknowledged is missing in the latest boot. */
function foundAll(twins: Twins, acknowledged: number): void {
  const serial = twins.guest("cam1").serial();
  assert.ok((foundValues(serial).at(-1) ?? 0) >= acknowledged, `every record up to ${acknowledged} is there`);
  assert.deepEqual(complaints(serial), []);
}

scenario("swap-under-load", async (twins) => {
  for (const to of ["beta", "alpha"] as const) {
    const acknowledged = twins.guest("cam1").acknowledged();
    await twins.gemel(to, "swap", "cam1", "--timeout", "120");
    await twins.untilReady("cam1", to);
    await twins.acknowledgesMore("cam1");
    foundAll(twins, acknowledged);
  }
  assert.equal(on(await twins.module("beta", "bms1"), homeOf("bms1")).state, "PRIM");
});

scenario("stop-and-start-in-every-order", async (twins) => {
  const pairs = orders.flatMap((stopped) => orders.map((started) => [stopped, started] as const));
  for (let index = 0; index < pairsPerRun; index++) {
    // Four apart: the two of a run differ in both ways.
    const [stopped, started] = pairs[(seed + index * 4) % pairs.length] ?? ["both at once", "both at once"];
    console.log(`# seed ${seed}: stop ${stopped}, start ${started}`);
    await stop(twins, stopped);
    const acknowledged = twins.guest("cam1").acknowledged();
    await start(twins, started);
    await twins.goHome("cam1");
    await twins.acknowledgesMore("cam1");
    foundAll(twins, acknowledged);
  }
});
