// SPDX-License-Identifier: Apache-2.0
/** Single processes die on a living host: the daemon, the mirror process, QEMU, libvirtd. */
import assert from "node:assert/strict";
import { bootCount, complaints, foundValues } from "../lab/guest/serial.js";
import { waitFor } from "../lab/wait.js";
import { scenarios } from "./fixture.js";
import { on } from "./twins.js";
import type { NodeName, Twins } from "./twins.js";

const scenario = scenarios({ modules: ["cam1"] });

const boots = (twins: Twins): number => bootCount(twins.guest("cam1").serial());

/** Pids (seen from outside) of a node's processes whose command line matches. */
function pids(twins: Twins, node: NodeName, pattern: RegExp): number[] {
  return twins
    .host(node)
    .processes()
    .filter(({ argv }) => pattern.test(argv.join(" ")))
    .map(({ pid }) => pid);
}

function kill(twins: Twins, node: NodeName, pattern: RegExp, signal: NodeJS.Signals = "SIGKILL"): number[] {
  const victims = pids(twins, node, pattern);
  assert.ok(victims.length > 0, `${node} has a process ${pattern.source}`);
  for (const pid of victims) process.kill(pid, signal);
  return victims;
}

/** Whoever supervises it has started another one. */
async function successor(
  twins: Twins,
  node: NodeName,
  pattern: RegExp,
  old: readonly number[],
): Promise<void> {
  const isThere = (): boolean => pids(twins, node, pattern).some((pid) => !old.includes(pid));
  await waitFor(`a new ${pattern.source} on ${node}`, isThere, 60_000);
}

const daemon = /dist\/core\/main\.js/;
const mirror = /dist\/native\/host\.js/;
const qemu = /qemu-system-/;

for (const [role, node] of [
  ["primary", "alpha"],
  ["secondary", "beta"],
] as const) {
  scenario(`daemon-killed-on-${role}`, async (twins) => {
    const before = boots(twins);
    const old = kill(twins, node, daemon);
    // Guest and replication go on without it.
    await twins.acknowledgesMore("cam1", 100);
    await successor(twins, node, daemon, old);
    const answers = async (): Promise<boolean> => (await twins.host(node).gemel("status")).code !== 4;
    await waitFor(`the daemon of ${node} to answer`, answers, 30_000);
    await twins.untilReady("cam1", "alpha");
    assert.equal(boots(twins), before);
  });
}

scenario("mirror-killed-on-secondary", async (twins) => {
  const before = boots(twins);
  const old = kill(twins, "beta", mirror);
  await twins.acknowledgesMore("cam1");
  await successor(twins, "beta", mirror, old);
  await twins.untilReady("cam1", "alpha");
  assert.equal(boots(twins), before);
});

scenario("mirror-killed-on-primary", async (twins) => {
  kill(twins, "alpha", mirror);
  const acknowledged = twins.guest("cam1").acknowledged();
  const seen = await twins.until("beta", "cam1", "one node runs it", (module) =>
    module.nodes.some(({ state, vm }) => (state === "PRIM" || state === "ALONE") && vm === "on"),
  );
  await twins.acknowledgesMore("cam1");
  assert.ok((foundValues(twins.guest("cam1").serial()).at(-1) ?? 0) >= acknowledged);
  assert.deepEqual(complaints(twins.guest("cam1").serial()), []);
  assert.equal(seen.nodes.filter(({ vm }) => vm === "on").length, 1);
  await twins.goHome("cam1");
});

scenario("qemu-killed", async (twins) => {
  const before = boots(twins);
  kill(twins, "alpha", qemu);
  const acknowledged = twins.guest("cam1").acknowledged();
  await waitFor("the guest to boot again", () => boots(twins) > before, 60_000);
  await twins.acknowledgesMore("cam1");
  assert.ok((foundValues(twins.guest("cam1").serial()).at(-1) ?? 0) >= acknowledged);
  await twins.goHome("cam1");
});

scenario("libvirtd-restarted-under-guests", async (twins) => {
  const before = boots(twins);
  const libvirtd = /(^|\/)libvirtd( |$)/;
  const old = kill(twins, "alpha", libvirtd, "SIGTERM");
  await successor(twins, "alpha", libvirtd, old);
  await twins.acknowledgesMore("cam1", 50);
  await twins.untilReady("cam1", "alpha");
  assert.equal(boots(twins), before);
});

scenario("frozen-mount-daemon-alive", async (twins) => {
  await twins.protectAndRun("bms1", { pace: 50 });
  // The engine of one module stands still on its primary; everything else of the node goes on.
  const engine = /dist\/native\/host\.js .*cam1/;
  kill(twins, "alpha", engine, "SIGSTOP");
  try {
    await twins.until("beta", "cam1", "the link stands still", ({ protected: green }) => !green);
    for (const verb of [["status", "--json"], ["log", "cam1"], ["doctor"]]) {
      const { code } = await twins.host("alpha").gemel(...verb);
      assert.notEqual(code, 4, `gemel ${verb.join(" ")} is answered`);
    }
    await twins.acknowledgesMore("bms1");
    await twins.untilReady("bms1", "beta");
    assert.equal(
      on(await twins.module("beta", "cam1"), "beta").vm,
      "off",
      "the VM runs on alpha, if it stands",
    );
  } finally {
    for (const pid of pids(twins, "alpha", engine)) process.kill(pid, "SIGCONT");
  }
  await twins.acknowledgesMore("cam1");
  await twins.goHome("cam1");
});
