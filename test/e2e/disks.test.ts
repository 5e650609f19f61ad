// SPDX-License-Identifier: Apache-2.0
/** Disks: full, missing, changed behind Gemel's back. */
import assert from "node:assert/strict";
import type { ModuleStatus } from "../../core/api/contract.js";
import { bootCount, complaints, foundValues } from "../lab/guest/serial.js";
import { scenarios } from "./fixture.js";
import { diskOf, on } from "./twins.js";
import type { NodeName, Twins } from "./twins.js";

const scenario = scenarios({ modules: ["cam1"], lab: { sizeMiB: 512 }, guest: { sizeMiB: 96, pace: 100 } });
const ballast = "/var/lib/gemel/vm/ballast";

const boots = (twins: Twins): number => bootCount(twins.guest("cam1").serial());

/** Every free block, those that only root may take included: the engine writes as root. */
async function fill(twins: Twins, node: NodeName): Promise<void> {
  const most = `fallocate -l $(( $(stat -f -c '%f * %S' /var/lib/gemel/vm) - 4194304 )) ${ballast}`;
  const rest = `dd if=/dev/zero of=${ballast} oflag=append conv=notrunc bs=4k`;
  await twins.host(node).must(["sh", "-c", `${most}; ! ${rest}`]);
}

async function empty(twins: Twins, node: NodeName): Promise<void> {
  await twins.host(node).must(["rm", "-f", ballast]);
}

/** Makes the disk sparse again, so that the guest's next writes need space. */
async function punch(twins: Twins): Promise<void> {
  await twins.host("alpha").must(["fallocate", "--dig-holes", diskOf("cam1")], { timeoutMs: 60_000 });
}

async function fillUnderGuest(twins: Twins): Promise<void> {
  await punch(twins);
  await fill(twins, "alpha");
  const isFull = (seen: ModuleStatus): boolean => seen.diskFull !== undefined;
  const module = await twins.until("alpha", "cam1", "disk full with the bytes needed", isFull);
  assert.equal(module.colour, "red");
  assert.ok((module.diskFull?.neededBytes ?? 0) > 0);
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
  await fillUnderGuest(twins);
  await empty(twins, "alpha");
  await twins.acknowledgesMore("cam1");
  await twins.untilReady("cam1", "alpha");
  assert.equal(boots(twins), before, "the guest went on by itself");
  assert.deepEqual(complaints(twins.guest("cam1").serial()), []);
});

scenario("primary-disk-full-left-by-swap", async (twins) => {
  await fillUnderGuest(twins);
  const acknowledged = twins.guest("cam1").acknowledged();
  await twins.gemel("alpha", "swap", "cam1", "--no-wait");
  await twins.until("beta", "cam1", "beta runs it", (module) => on(module, "beta").vm === "on");
  await twins.acknowledgesMore("cam1");
  assert.ok((foundValues(twins.guest("cam1").serial()).at(-1) ?? 0) >= acknowledged);
  await empty(twins, "alpha");
  await twins.untilReady("cam1", "beta");
  await twins.gemel("beta", "swap", "cam1", "--timeout", "120");
  await twins.untilReady("cam1", "alpha");
  assert.deepEqual(complaints(twins.guest("cam1").serial()), []);
});

/** Behind Gemel's back: one byte of one copy, far from the records. */
async function changeByte(twins: Twins, node: NodeName, at: number): Promise<void> {
  const change = `printf X | dd of=${diskOf("cam1")} bs=1 seek=${at} conv=notrunc`;
  await twins.host(node).must(["sh", "-c", change]);
}

async function stopBoth(twins: Twins): Promise<void> {
  await twins.gemel("alpha", "stop", "cam1", "--timeout", "120");
  for (const node of ["alpha", "beta"] as const) await twins.untilState(node, "cam1", "STOP");
}

/** Both copies are the same, bit by bit. */
async function verified(twins: Twins): Promise<void> {
  await twins.untilReady("cam1", "alpha");
  await twins.gemel("alpha", "verify", "cam1", "--timeout", "120");
  const isVerified = (seen: ModuleStatus): boolean => seen.lastVerify !== undefined;
  const { lastVerify } = await twins.until("alpha", "cam1", "verified", isVerified);
  assert.equal(lastVerify?.differingBytes, 0);
}

scenario("changed-while-stopped", async (twins) => {
  await stopBoth(twins);
  await changeByte(twins, "beta", 90_000_000);
  await twins.gemel("alpha", "start", "cam1", "--timeout", "120");
  await twins.goHome("cam1");
  await verified(twins);
});

scenario("changed-while-stopped-on-both", async (twins) => {
  await stopBoth(twins);
  await changeByte(twins, "alpha", 90_000_001);
  await changeByte(twins, "beta", 90_000_002);
  await twins.gemel("alpha", "start", "cam1", "--no-wait");
  const inConflict = (seen: ModuleStatus): boolean => seen.nodes.some(({ reason }) => reason === "conflict");
  const module = await twins.until("alpha", "cam1", "conflict", inConflict);
  assert.equal(module.colour, "red");
  await twins.gemel("alpha", "resolve", "cam1", "--keep", "alpha", "--timeout", "120");
  await verified(twins);
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
