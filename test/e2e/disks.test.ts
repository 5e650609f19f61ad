// SPDX-License-Identifier: Apache-2.0
/** Disks: full, missing, changed behind Gemel's back; copies interrupted on either side. */
import assert from "node:assert/strict";
import { bootCount, complaints } from "../lab/guest/serial.js";
import { scenarios } from "./fixture.js";
import { diskOf, on } from "./twins.js";
import type { NodeName, Twins } from "./twins.js";

const scenario = scenarios({ modules: ["cam1"], lab: { sizeMiB: 512 }, guest: { sizeMiB: 96 } });
const ballast = "/var/lib/gemel/vm/ballast";

const boots = (twins: Twins): number => bootCount(twins.guest("cam1").serial());

async function fill(twins: Twins, node: NodeName): Promise<void> {
  await twins
    .host(node)
    .must(["sh", "-c", `fallocate -l $(( $(stat -f -c '%a * %S' /var/lib/gemel/vm) )) ${ballast}`]);
}

async function empty(twins: Twins, node: NodeName): Promise<void> {
  await twins.host(node).must(["rm", "-f", ballast]);
}

/** Makes the disk sparse again, so that the guest's next writes need space. */
async function punch(twins: Twins): Promise<void> {
  await twins.host("alpha").must(["fallocate", "--dig-holes", diskOf("cam1")], { timeoutMs: 60_000 });
}

scenario("secondary-disk-full", async (twins) => {
  const before = boots(twins);
  await punch(twins);
  await fill(twins, "beta");
  await twins.until("alpha", "cam1", "alone because the peer has no space", (module) => !module.protected);
  await twins.acknowledgesMore("cam1", 50);
  await empty(twins, "beta");
  await twins.untilReady("cam1", "alpha");
  assert.equal(boots(twins), before);
});

scenario("primary-disk-full", async (twins) => {
  const before = boots(twins);
  await punch(twins);
  await fill(twins, "alpha");
  const module = await twins.until(
    "alpha",
    "cam1",
    "disk full with the bytes needed",
    (seen) => seen.diskFull !== undefined,
  );
  assert.equal(module.colour, "red");
  assert.ok((module.diskFull?.neededBytes ?? 0) > 0);
  await empty(twins, "alpha");
  await twins.acknowledgesMore("cam1");
  await twins.untilReady("cam1", "alpha");
  assert.equal(boots(twins), before, "the guest went on by itself");
  assert.deepEqual(complaints(twins.guest("cam1").serial()), []);
});

scenario("reintegration-interrupted-both-sides", async (twins) => {
  await twins.host("beta").kill();
  await twins.untilState("alpha", "cam1", "ALONE");
  await twins.acknowledgesMore("cam1", 50);
  await twins.host("beta").boot();
  await twins.until(
    "alpha",
    "cam1",
    "reintegration has begun or is over",
    (module) => module.reintegration !== null || module.protected,
  );
  await twins.lab.cut("data");
  await twins.untilState("alpha", "cam1", "ALONE");
  await twins.lab.heal("data");
  await twins.untilReady("cam1", "alpha");
  await twins.acknowledgesMore("cam1");
});

scenario("changed-while-stopped", async (twins) => {
  await twins.gemel("alpha", "stop", "cam1", "--timeout", "120");
  for (const node of ["alpha", "beta"] as const) await twins.untilState(node, "cam1", "STOP");
  // Behind Gemel's back: one byte of one copy, far from the records.
  await twins
    .host("beta")
    .must(["sh", "-c", `printf X | dd of=${diskOf("cam1")} bs=1 seek=90000000 conv=notrunc`]);
  await twins.gemel("alpha", "start", "cam1", "--timeout", "120");
  const module = await twins.until("alpha", "cam1", "protected", ({ protected: green }) => green);
  if (on(module, "beta").state === "PRIM") await twins.gemel("beta", "swap", "cam1", "--timeout", "120");
  await twins.untilReady("cam1", "alpha");
  await twins.gemel("alpha", "verify", "cam1", "--timeout", "120");
  const verified = await twins.until(
    "alpha",
    "cam1",
    "verified",
    ({ lastVerify }) => lastVerify !== undefined,
  );
  assert.equal(verified.lastVerify?.differingBytes, 0);
});

scenario("volume-not-mounted-at-boot", async (twins) => {
  await twins.host("beta").kill();
  await twins.untilState("alpha", "cam1", "ALONE");
  await twins.host("beta").boot({ volume: false });
  const module = await twins.until(
    "beta",
    "cam1",
    "data not there",
    (seen) => on(seen, "beta").reason === "data-problem",
  );
  assert.equal(on(module, "beta").upToDate, false);
  await twins.acknowledgesMore("cam1");
  await twins.host("beta").kill();
  await twins.host("beta").boot();
  await twins.untilReady("cam1", "alpha");
});
