// SPDX-License-Identifier: Apache-2.0
/** Networks fail: one, the other, both; and what the operator may and may not do meanwhile. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { copyPath, difference } from "../demo/copies.js";
import { bootCount, complaints, readAcks } from "../lab/guest/serial.js";
import { scenarios } from "./fixture.js";
import { on } from "./twins.js";

const scenario = scenarios({ modules: ["cam1"], lab: { fs: "xfs" } });
const recordMarker = "GEMELREC";

scenario("link-capture-without-marker", async (twins) => {
  const dump = "/run/gemel-lab/data.pcap";
  const { stop } = twins
    .host("beta")
    .spawn(["tcpdump", "-U", "-w", dump, "-i", "any", "tcp", "and", "port", "7420"]);
  try {
    await pause(500);
    await twins.acknowledgesMore("cam1", 100);
  } finally {
    stop();
  }
  const { stdout } = await twins
    .host("beta")
    .exec(["sh", "-c", `wc -c <${dump}; grep -c ${recordMarker} ${dump}; true`]);
  const [bytes, hits] = stdout.trim().split("\n").map(Number);
  assert.ok((bytes ?? 0) > 100 * 4096, "the capture holds the traffic");
  assert.equal(hits, 0, "TLS is real: no record marker crosses the wire");
});

scenario("link-cut-heart", async (twins) => {
  const boots = bootCount(twins.guest("cam1").serial());
  await twins.lab.cut("heart");
  await twins.acknowledgesMore("cam1", 100);
  const module = await twins.module("alpha", "cam1");
  assert.ok(module.protected, "a lost network is a warning, replication goes on");
  await twins.lab.heal("heart");
  assert.equal(bootCount(twins.guest("cam1").serial()), boots);
});

scenario("link-cut-data", async (twins, say) => {
  const boots = bootCount(twins.guest("cam1").serial());
  const before = await twins.resynced("alpha", ["cam1"]);
  const cutMs = 10_000;
  const since = performance.now();
  await twins.lab.cut("data");
  // The peer's word comes over the other network (R20); the guest goes on alone.
  await twins.untilState("alpha", "cam1", "ALONE");
  await twins.acknowledgesMore("cam1", 100);
  assert.equal(on(await twins.module("alpha", "cam1"), "beta").vm, "off");
  await pause(Math.max(0, cutMs - (performance.now() - since)));
  // The guest is held while it is counted, so that what is counted is what is sent.
  await twins.host("alpha").must(["virsh", "suspend", "cam1"]);
  const changed = difference(copyPath(twins, "alpha", "cam1"), copyPath(twins, "beta", "cam1"));
  await twins.lab.heal("data");
  await twins.until("alpha", "cam1", "both copies equal", (seen) => on(seen, "beta").upToDate);
  const after = await twins.resynced("alpha", ["cam1"]);
  await twins.host("alpha").must(["virsh", "resume", "cam1"]);
  await twins.untilReady("cam1", "alpha");
  const { bytes, regionBytes } = changed;
  const regions = `${bytes} bytes in regions of ${regionBytes} bytes differed before the healing`;
  say(
    `${regions}; sent ${after.sent - before.sent}, of these different ${after.differing - before.differing}`,
  );
  const sent = after.sent - before.sent;
  assert.ok(sent <= changed.regionBytes, `${sent} bytes sent, ${changed.regionBytes} were enough`);
  assert.equal(bootCount(twins.guest("cam1").serial()), boots);
});

scenario("swap-while-link-cut", async (twins) => {
  const boots = bootCount(twins.guest("cam1").serial());
  await twins.lab.cut("data");
  await twins.untilState("alpha", "cam1", "ALONE");
  const { code, stdout, stderr } = await twins.host("alpha").gemel("swap", "cam1", "--timeout", "20");
  assert.equal(code, 1, `refused, nothing changed: ${stdout}${stderr}`);
  assert.match(stdout + stderr, /GEMEL-\d{4}/);
  await twins.acknowledgesMore("cam1");
  await twins.lab.heal("data");
  await twins.untilReady("cam1", "alpha");
  assert.equal(bootCount(twins.guest("cam1").serial()), boots);
});

scenario("both-networks-cut", async (twins) => {
  await Promise.all([twins.lab.cut("data"), twins.lab.cut("heart")]);
  // Arbiter none: each side acts alone once all is silent, and both say so in red (R21).
  for (const node of ["alpha", "beta"] as const) {
    const module = await twins.until(
      node,
      "cam1",
      "alone in red",
      (seen) => on(seen, node).state === "ALONE" && seen.colour === "red",
    );
    assert.equal(module.protected, false);
  }
  await Promise.all([twins.lab.heal("data"), twins.lab.heal("heart")]);
  for (const node of ["alpha", "beta"] as const)
    await twins.until(node, "cam1", "conflict", ({ conflict }) => conflict);
  await twins.acknowledgesMore("cam1");
  // P8: nothing is overwritten before a person decides; the losing copy is kept as a whole. Alpha's goes: its
  // engine has met three stalls by now and would keep its peer out for a minute (R18).
  await twins.gemel("alpha", "resolve", "cam1", "--keep", "beta", "--timeout", "120");
  const acknowledged = readAcks(twins.guest("cam1").serialOn("alpha")).at(-1) ?? 0;
  await twins.untilReady("cam1", "beta");
  const kept = await twins.host("alpha").must(["sh", "-c", "ls /var/lib/gemel/vm/cam1.kept-*/cam1.raw"]);
  const verdict = await twins.guest("cam1").check(twins.host("alpha").path(kept.trim()));
  assert.ok(verdict.kind === "whole" && verdict.highest >= acknowledged, JSON.stringify(verdict));
  assert.deepEqual(complaints(twins.guest("cam1").serialOn("beta")), []);
  await twins.acknowledgesMore("cam1");
  await twins.gemel("beta", "swap", "cam1", "--timeout", "120");
  await twins.untilReady("cam1", "alpha");
});
