// SPDX-License-Identifier: Apache-2.0
/** Single processes die on a living host: the daemon, the mirror process, QEMU, libvirtd. */
import assert from "node:assert/strict";
import { bootCount, complaints, foundValues } from "../lab/guest/serial.js";
import { waitFor } from "../lab/wait.js";
import { scenarios } from "./fixture.js";
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

function kill(twins: Twins, node: NodeName, pattern: RegExp, signal: NodeJS.Signals = "SIGKILL"): void {
  const victims = pids(twins, node, pattern);
  assert.ok(victims.length > 0, `${node} has a process ${pattern.source}`);
  for (const pid of victims) process.kill(pid, signal);
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
    kill(twins, node, daemon);
    // Guest and replication go on without it.
    await twins.acknowledgesMore("cam1", 100);
    await twins.untilReady("cam1", "alpha");
    assert.equal(boots(twins), before);
  });
}

scenario("mirror-killed-on-secondary", async (twins) => {
  const before = boots(twins);
  kill(twins, "beta", mirror);
  await twins.acknowledgesMore("cam1");
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
  const old = pids(twins, "alpha", /(^|\/)libvirtd( |$)/);
  kill(twins, "alpha", /(^|\/)libvirtd( |$)/, "SIGTERM");
  await waitFor(
    "libvirtd to be another process",
    () => pids(twins, "alpha", /(^|\/)libvirtd( |$)/).some((pid) => !old.includes(pid)),
    30_000,
  );
  await twins.acknowledgesMore("cam1", 50);
  await twins.untilReady("cam1", "alpha");
  assert.equal(boots(twins), before);
});

scenario("frozen-mount-daemon-alive", async (twins) => {
  // The engine of the primary stands still; everything else of the node answers on.
  kill(twins, "alpha", mirror, "SIGSTOP");
  try {
    for (const verb of [["status", "--json"], ["log", "cam1"], ["doctor"]]) {
      const { code } = await twins.host("alpha").gemel(...verb);
      assert.notEqual(code, 4, `gemel ${verb.join(" ")} is answered`);
    }
  } finally {
    kill(twins, "alpha", mirror, "SIGCONT");
  }
  await twins.acknowledgesMore("cam1");
  await twins.goHome("cam1");
});
