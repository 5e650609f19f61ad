// SPDX-License-Identifier: Apache-2.0
/** The lab's guest: what it promises on the serial console is on its disk, whatever becomes of its host. */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync, closeSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Guest } from "../lab/guest.js";
import { checkImage } from "../lab/guest/image-check.js";
import { complaints, contradictions, foundValues, readAcks } from "../lab/guest/serial.js";
import type { LabHost } from "../lab/host.js";
import { Lab } from "../lab/lab.js";
import { labsPath } from "../lab/machine/folders.js";
import { leftoversAfter } from "../runner/leftovers.js";
import { waitFor } from "../lab/wait.js";

/** A guest boots in 4 s on a machine of its own and has several labs beside it in the worst case. */
const bootLimitMs = 90_000;

async function isOff(host: LabHost, guest: Guest): Promise<boolean> {
  return (await host.virsh("domstate", guest.name)).stdout.includes("shut off");
}

async function shutDown(host: LabHost, guest: Guest): Promise<void> {
  await host.must(["virsh", "shutdown", guest.name]);
  await waitFor(
    `${guest.name} to be off`,
    async () => await isOff(host, guest),
    20_000,
    () => guest.serial().split("\n").slice(-3).join(" | "),
  );
}

describe("lab guest", () => {
  mkdirSync(labsPath(), { recursive: true });
  const dir = mkdtempSync(join(labsPath(), "test-guest-"));
  let lab: Lab;
  const alpha = (): LabHost => lab.host("alpha");

  before(async () => {
    lab = await Lab.up({ dir, sizeMiB: 512, hosts: ["alpha"] });
  });
  after(async () => {
    await lab.down();
    const left = await leftoversAfter(5_000, "none", dir);
    rmSync(dir, { recursive: true, force: true });
    assert.deepEqual(left, [], "the lab left something behind");
  });

  test("records, says bye on virsh shutdown, and its image holds the last acknowledgement", async () => {
    const guest = await Guest.create(lab, { name: "cam1", home: "alpha" });
    await guest.start();
    // More than two rounds through the slots.
    await guest.waitForAcks(600, bootLimitMs);
    await shutDown(alpha(), guest);
    const serial = guest.serial();
    assert.match(serial, /^bye$/m);
    assert.deepEqual(foundValues(serial), [0]);
    assert.deepEqual(complaints(serial), []);
    const verdict = await guest.check(alpha().path(guest.diskPath));
    assert.deepEqual(verdict, { kind: "whole", highest: guest.acknowledged() });
  });

  test("after its host's death it finds every acknowledged record and goes on", async () => {
    const guest = await Guest.create(lab, { name: "Türkamera 2 & <Hof>", home: "alpha" });
    await guest.start();
    await guest.waitForAcks(300, bootLimitMs);
    await alpha().kill();
    const promised = guest.acknowledged();
    await alpha().boot();
    const verdict = await guest.check(alpha().path(guest.diskPath));
    assert.ok(verdict.kind === "whole" && verdict.highest >= promised, JSON.stringify({ verdict, promised }));
    await guest.start();
    const count = readAcks(guest.serial()).length;
    await guest.waitForAcks(count + 10, bootLimitMs);
    assert.deepEqual(foundValues(guest.serial()), [0, verdict.highest]);
    assert.deepEqual(contradictions(guest.serial()), []);
    await shutDown(alpha(), guest);
  });

  test("the second flavour keeps its records in files on an ext4 in a qcow2 image", async () => {
    const guest = await Guest.create(lab, { name: "bms1", home: "alpha", flavour: "ext4", format: "qcow2" });
    await guest.start();
    await guest.waitForAcks(300, bootLimitMs);
    await alpha().kill();
    const promised = guest.acknowledged();
    await alpha().boot();
    const verdict = await guest.check(alpha().path(guest.diskPath));
    assert.ok(verdict.kind === "whole" && verdict.highest >= promised, JSON.stringify({ verdict, promised }));
  });

  test("a disk with one older record is contradicted by guest and judge alike", async () => {
    const guest = await Guest.create(lab, { name: "old-slot", home: "alpha" });
    await guest.start();
    await guest.waitForAcks(300, bootLimitMs);
    await shutDown(alpha(), guest);
    const disk = alpha().path(guest.diskPath);
    const copy = join(dir, "copy.raw");
    copyFileSync(disk, copy);
    const file = openSync(disk, "r+");
    // A slot in the middle of the round loses its record, as a lost write would leave it.
    const slot = (guest.acknowledged() - 20) % guest.options.slots;
    writeSync(file, Buffer.alloc(4096), 0, 4096, slot * 4096);
    closeSync(file);
    assert.equal(checkImage(copy, guest.options.nonce, guest.options.slots).kind, "whole");
    const verdict = await guest.check(disk);
    assert.ok(verdict.kind === "contradiction" && verdict.slot === slot, JSON.stringify(verdict));
    await guest.start();
    const says = (): boolean =>
      contradictions(guest.serial()).some((line) => line.includes(`slot ${slot} holds nothing`));
    await waitFor("the guest to see it too", says, bootLimitMs, () => guest.serial().slice(-200));
    await shutDown(alpha(), guest);
  });

  test("a guest outlives its host's libvirtd; a crash kills the guest and leaves libvirtd", async () => {
    const guest = await Guest.create(lab, { name: "crashing", home: "alpha" });
    await guest.start();
    await guest.waitForAcks(10, bootLimitMs);
    await alpha().restartLibvirtd();
    assert.equal((await alpha().virsh("domstate", guest.name)).stdout.trim(), "running");
    const count = readAcks(guest.serial()).length;
    await guest.waitForAcks(count + 10, bootLimitMs);
    await alpha().crash();
    await waitFor("libvirtd to see the guest off", async () => await isOff(alpha(), guest), 20_000);
  });
});
