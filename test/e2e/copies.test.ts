// SPDX-License-Identifier: Apache-2.0
/** Copies broken off on either side: they go on where they were, and half a copy never starts. */
import assert from "node:assert/strict";
import type { ModuleStatus } from "../../core/api/contract.js";
import { Guest } from "../lab/guest.js";
import { complaints, foundValues } from "../lab/guest/serial.js";
import { scenarios } from "./fixture.js";
import { homeOf, on } from "./twins.js";
import type { ModuleName, NodeName, Twins } from "./twins.js";

const scenario = scenarios({ modules: ["cam1"], guest: { pace: 100 } });
/** Each way: a copy of some MiB takes long enough to be broken off. */
const linkSlowMs = 100;

/** Something is being copied to the other node, and it is not over. */
async function untilCopying(twins: Twins, from: NodeName, id: ModuleName): Promise<void> {
  const copies = (seen: ModuleStatus): boolean => seen.reintegration !== null && !seen.protected;
  await twins.until(from, id, "reintegration under way", copies);
}

scenario("reintegration-interrupted-both-sides", async (twins) => {
  const { lab } = twins;
  await twins.host("beta").kill();
  await twins.untilState("alpha", "cam1", "ALONE");
  await twins.acknowledgesMore("cam1", 200);
  await lab.slow("data", linkSlowMs);
  await twins.host("beta").boot();
  await untilCopying(twins, "alpha", "cam1");
  // The target goes.
  await twins.host("beta").kill();
  await twins.acknowledgesMore("cam1");
  await twins.host("beta").boot();
  await untilCopying(twins, "alpha", "cam1");
  // The source goes: half a copy never starts.
  await twins.host("alpha").kill();
  const acknowledged = twins.guest("cam1").acknowledged();
  const isSilent = (seen: ModuleStatus): boolean => !on(seen, "alpha").live;
  const left = await twins.until("beta", "cam1", "alpha is gone", isSilent);
  assert.equal(on(left, "beta").upToDate, false);
  await twins.host("alpha").boot();
  await twins.untilState("alpha", "cam1", "ALONE");
  assert.equal(on(await twins.module("beta", "cam1"), "beta").vm, "off");
  await lab.slow("data", 0);
  await twins.untilReady("cam1", "alpha");
  await twins.acknowledgesMore("cam1");
  assert.ok((foundValues(twins.guest("cam1").serial()).at(-1) ?? 0) >= acknowledged);
});

scenario("first-copy-interrupted", async (twins) => {
  const home = twins.host(homeOf("bms1"));
  const guest = await Guest.create(twins.lab, { name: "bms1", home: "beta", sizeMiB: 96, pace: 100 });
  twins.guests.set("bms1", guest);
  // Beyond the records: bytes that have to travel.
  await home.must([
    "dd",
    "if=/dev/urandom",
    `of=${guest.diskPath}`,
    "bs=1M",
    "seek=32",
    "count=48",
    "conv=notrunc",
  ]);
  await twins.lab.slow("data", linkSlowMs);
  await twins.gemel("beta", "protect", "bms1", "--module", "bms1", "--json");
  await untilCopying(twins, "beta", "bms1");
  await twins.lab.cut("data");
  await guest.waitForAcks(20, 60_000);
  await twins.lab.heal("data");
  await untilCopying(twins, "beta", "bms1");
  await twins.host("alpha").kill();
  await twins.acknowledgesMore("bms1");
  await twins.host("alpha").boot();
  await twins.lab.slow("data", 0);
  await twins.untilReady("bms1", "beta");
  assert.deepEqual(complaints(guest.serial()), []);
  await twins.goHome("cam1");
});
