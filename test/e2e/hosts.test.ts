// SPDX-License-Identifier: Apache-2.0
/**
 * Whole hosts fail, leave and return. cam1 is at home on alpha, its guest writes numbered records all the
 * while.
 */
import assert from "node:assert/strict";
import { bootCount, complaints, foundValues } from "../lab/guest/serial.js";
import { scenarios } from "./fixture.js";
import type { Say } from "./fixture.js";
import { on } from "./twins.js";
import type { Twins } from "./twins.js";

const scenario = scenarios({ modules: ["cam1"] });

/** After the last boot the guest found at least what had been acknowledged before it. */
function nothingLost(twins: Twins, acknowledged: number): void {
  const serial = twins.guest("cam1").serial();
  assert.deepEqual(complaints(serial), []);
  const found = foundValues(serial).at(-1) ?? 0;
  assert.ok(found >= acknowledged, `found ${found}, acknowledged ${acknowledged}`);
}

interface Entry {
  readonly at: string;
  readonly rule: string;
  readonly sentence: string;
}

/** How long after `since` beta recorded it, by its own history; the virtual hosts share one clock. */
async function secondsUntil(twins: Twins, since: Date, is: (entry: Entry) => boolean): Promise<string> {
  const entries = JSON.parse(await twins.gemel("beta", "log", "cam1", "--json")) as Entry[];
  const times = entries.filter(is).map(({ at }) => Date.parse(at) - since.getTime());
  const first = Math.min(...times.filter((ms) => ms >= 0));
  return Number.isFinite(first) ? `${(first / 1000).toFixed(2)} s` : "never";
}

async function tellTakeOver(twins: Twins, since: Date, say: Say): Promise<void> {
  const noticed = await secondsUntil(twins, since, () => true);
  const judged = await secondsUntil(
    twins,
    since,
    ({ rule }) => rule === "R21" || rule === "R20" || rule === "R22",
  );
  const started = await secondsUntil(twins, since, ({ rule }) => rule === "R25");
  say(`first noticed after ${noticed}, judged after ${judged}, VM start issued after ${started}`);
}

async function goHome(twins: Twins): Promise<void> {
  await twins.untilReady("cam1", "beta");
  await twins.gemel("beta", "swap", "cam1", "--timeout", "120");
  await twins.untilReady("cam1", "alpha");
}

scenario("host-killed-under-load", async (twins, say) => {
  const since = new Date();
  await twins.host("alpha").kill();
  const acknowledged = twins.guest("cam1").acknowledged();
  await twins.untilState("beta", "cam1", "ALONE");
  await twins.acknowledgesMore("cam1");
  nothingLost(twins, acknowledged);
  await tellTakeOver(twins, since, say);
  await twins.host("alpha").boot();
  await goHome(twins);
  nothingLost(twins, acknowledged);
});

scenario("host-crashed", async (twins, say) => {
  const since = new Date();
  await twins.host("alpha").crash();
  const acknowledged = twins.guest("cam1").acknowledged();
  const boots = bootCount(twins.guest("cam1").serial());
  // R24: its daemon is started again by the host's init and says what has become of the VM.
  await twins.until("beta", "cam1", "one node runs it", (module) =>
    module.nodes.some(({ state, vm }) => (state === "PRIM" || state === "ALONE") && vm === "on"),
  );
  await twins.acknowledgesMore("cam1");
  await tellTakeOver(twins, since, say);
  assert.equal(bootCount(twins.guest("cam1").serial()), boots + 1);
  nothingLost(twins, acknowledged);
  const module = await twins.until("beta", "cam1", "protected again", ({ protected: green }) => green);
  if (on(module, "beta").state === "PRIM") await goHome(twins);
});

scenario("host-frozen-then-thawed", async (twins) => {
  const boots = bootCount(twins.guest("cam1").serial());
  await twins.host("alpha").freeze();
  await twins.untilState("beta", "cam1", "ALONE");
  const acknowledged = twins.guest("cam1").acknowledged();
  await twins.acknowledgesMore("cam1");
  await twins.host("alpha").thaw();
  // The old VM never runs again: its engine sees the gap (R16), is denied or finds that it is not current.
  await twins.until("alpha", "cam1", "the VM is off on alpha", (module) => on(module, "alpha").vm === "off");
  nothingLost(twins, acknowledged);
  await twins.untilReady("cam1", "beta");
  assert.equal(bootCount(twins.guest("cam1").serial()), boots + 1, "the VM that took over was left alone");
  await goHome(twins);
});

scenario("host-shutdown", async (twins) => {
  await twins.host("alpha").shutdown();
  const acknowledged = twins.guest("cam1").acknowledged();
  await twins.untilState("beta", "cam1", "ALONE");
  await twins.acknowledgesMore("cam1");
  assert.match(twins.guest("cam1").serialOn("alpha"), /^bye/m);
  nothingLost(twins, acknowledged);
  await twins.host("alpha").boot();
  await goHome(twins);
});
