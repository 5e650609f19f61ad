// SPDX-License-Identifier: Apache-2.0
// protect and unprotect over two fake nodes: what they do, what they refuse, and that nothing is ever left
// half moved, whichever step fails and whenever the daemon ends.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { GemelError } from "../../core/base/errors.js";
import { moduleNameFor } from "../../core/protect/plan.js";
import { Pair } from "./protect-pair.js";

function pairFor(context: TestContext): Pair {
  const pair = new Pair();
  context.after(() => pair.close());
  return pair;
}

async function protectedPair(context: TestContext): Promise<{ pair: Pair; vm: string; folder: string }> {
  const pair = pairFor(context);
  const vm = pair.addVm("Cam 1");
  const reply = await pair.alpha.protection.protect({ vm: "Cam 1", module: "cam1" }, "test");
  const end = await pair.alpha.ended(reply.procedure ?? "");
  assert.deepEqual(end.failure, undefined);
  assert.equal(end.state, "done");
  return { pair, vm, folder: join(pair.alpha.paths.state, "vm", "cam1") };
}

const refusedWith = (code: string) => (error: unknown) => error instanceof GemelError && error.code === code;

test("protect-moves-the-files-and-starts-both", async (context) => {
  const { pair, vm, folder } = await protectedPair(context);
  const { alpha, beta } = pair;
  assert.deepEqual(readdirSync(pair.images), []);
  assert.deepEqual(readdirSync(folder).sort(), ["data.raw", "domain.xml", "original.xml", "system.raw"]);
  assert.match(readFileSync(join(folder, "domain.xml"), "utf8"), new RegExp(`path="${folder}/system.raw"`));
  assert.match(
    readFileSync(join(folder, "original.xml"), "utf8"),
    new RegExp(`path="${pair.images}/system.raw"`),
  );
  assert.equal(alpha.settings.get("cam1")?.uuid, beta.settings.get("cam1")?.uuid);
  assert.deepEqual(alpha.settings.get("cam1")?.nodes, ["alpha", "beta"]);
  assert.equal(alpha.states.get("cam1"), "ALONE");
  assert.equal(beta.states.get("cam1"), "SECOND");
  assert.equal(await alpha.hypervisor.startOutside(vm), false, "the mark stands (R32)");
});

test("protect-dry-run-changes-nothing", async (context) => {
  const pair = pairFor(context);
  pair.addVm("Cam 1");
  const before = pair.files(pair.images);
  const reply = await pair.alpha.protection.protect({ vm: "Cam 1", dryRun: true }, "test");
  assert.equal(reply.procedure, undefined);
  assert.equal(reply.module, "cam-1");
  assert.ok(reply.notes.length > 0);
  assert.deepEqual(pair.files(pair.images), before);
  assert.equal(existsSync(join(pair.alpha.paths.state, "vm")), false);
});

test("protect-announces-the-first-copy", async (context) => {
  const pair = pairFor(context);
  pair.addVm("Cam 1");
  const { protect } = pair.alpha.protection;
  const sizes = ["system.raw", "data.raw"].map((name) => statSync(join(pair.images, name)).size);
  const [system = 0, data = 0] = sizes;
  const unknown = await protect({ vm: "Cam 1", dryRun: true }, "test");
  assert.deepEqual(unknown.firstCopy, { bytes: system + data, seconds: null });
  pair.alpha.copyRate = 10;
  const exclude = [{ target: "vdb", how: "empty" }] as const;
  const less = await protect({ vm: "Cam 1", dryRun: true, exclude }, "test");
  assert.deepEqual(less.firstCopy, { bytes: system, seconds: Math.ceil(system / 10) });
});

test("protect-blocked-by-a-finding-of-either-node", async (context) => {
  const pair = pairFor(context);
  pair.addVm("Cam 1");
  const finding = { severity: "blocks", code: "GEMEL-5001", message: "no bridge", next: "make it" } as const;
  pair.beta.hypervisor.findings = [finding];
  const reply = await pair.alpha.protection.protect({ vm: "Cam 1" }, "test");
  assert.equal(reply.procedure, undefined);
  assert.deepEqual(reply.findings, [{ ...finding, node: "beta" }]);
});

test("protect-blocked-by-a-refused-definition: on either host, and nothing has moved", async (context) => {
  const pair = pairFor(context);
  pair.addVm("Cam 1");
  const before = pair.files(pair.images);
  for (const node of [pair.alpha, pair.beta]) {
    node.hypervisor.refuses = (definition) => definition.includes("<home ");
    const reply = await pair.alpha.protection.protect({ vm: "Cam 1", stop: true }, "test");
    assert.equal(reply.procedure, undefined);
    assert.deepEqual(
      reply.findings.map(({ severity, node: who, code }) => [severity, who, code]),
      [["blocks", node.name, "GEMEL-3008"]],
    );
    assert.deepEqual(pair.files(pair.images), before);
    node.hypervisor.refuses = () => false;
  }
});

test("protect-blocked-while-the-guard-is-not-called", async (context) => {
  const pair = pairFor(context);
  pair.addVm("Cam 1");
  pair.beta.hypervisor.guardCalled = false;
  const reply = await pair.alpha.protection.protect({ vm: "Cam 1" }, "test");
  assert.deepEqual(
    reply.findings.map(({ code, node }) => [code, node]),
    [["GEMEL-3007", "beta"]],
  );
});

test("protect-of-a-running-vm-needs-stop", async (context) => {
  const pair = pairFor(context);
  const vm = pair.addVm("Cam 1");
  await pair.alpha.hypervisor.startOutside(vm);
  const refused = await pair.alpha.protection.protect({ vm }, "test");
  assert.deepEqual(
    refused.findings.map(({ code }) => code),
    ["GEMEL-5002"],
  );
  const reply = await pair.alpha.protection.protect({ vm, stop: true }, "test");
  assert.equal((await pair.alpha.ended(reply.procedure ?? "")).state, "done");
});

test("protect-refuses-nonsense", async (context) => {
  const pair = pairFor(context);
  pair.addVm("Cam 1");
  const { protect } = pair.alpha.protection;
  await assert.rejects(protect({ vm: "nobody" }, "test"), refusedWith("GEMEL-3005"));
  await assert.rejects(protect({ vm: "Cam 1", module: "../cam" }, "test"), refusedWith("GEMEL-4008"));
  await assert.rejects(protect({ vm: "Cam 1", folder: "/a/../b" }, "test"), refusedWith("GEMEL-4008"));
  await assert.rejects(protect({ vm: "Cam 1", folder: "vm/cam" }, "test"), refusedWith("GEMEL-4008"));
});

test("unprotect-after-a-failover-leaves-no-definition-on-the-other-host", async (context) => {
  const { pair, vm, folder } = await protectedPair(context);
  const { alpha, beta } = pair;
  // It ran there when that host died, or was defined there for a start that failed.
  await beta.hypervisor.define(readFileSync(join(folder, "domain.xml"), "utf8"));
  const reply = await alpha.protection.unprotect("cam1", { stop: true }, "test");
  assert.equal((await alpha.ended(reply.procedure ?? "")).state, "done");
  const there = await beta.hypervisor.look(vm);
  assert.equal(there.ok ? "still defined" : there.code, "GEMEL-3005");
});

test("protect-twice-refused", async (context) => {
  const { pair } = await protectedPair(context);
  await assert.rejects(pair.alpha.protection.protect({ vm: "Cam 1" }, "test"), refusedWith("GEMEL-5004"));
});

test("protect-several-at-once: on both hosts, each with its own name and place", async (context) => {
  const pair = pairFor(context);
  const { alpha, beta } = pair;
  const asked = [
    [alpha, pair.addVm("Cam", alpha, join(pair.images, "1"))],
    [alpha, pair.addVm("Cam 2", alpha, join(pair.images, "2"))],
    [beta, pair.addVm("Door", beta, join(pair.images, "3"))],
    [beta, pair.addVm("Door 2", beta, join(pair.images, "4"))],
  ] as const;
  const replies = await Promise.all(
    asked.map(async ([node, vm]) => [node, await node.protection.protect({ vm }, "test")] as const),
  );
  for (const [node, { procedure }] of replies)
    assert.equal((await node.ended(procedure ?? "")).state, "done");
  for (const { settings } of [alpha, beta]) {
    assert.deepEqual([...settings.keys()].sort(), ["cam", "cam-2", "door", "door-2"]);
    const places = [...settings.values()].map(({ index }) => index).sort((a, b) => a - b);
    assert.deepEqual(places, [0, 1, 30, 31], "one node counts up, the other one down");
  }
});

test("protect-twice-at-once: the VM and its name are taken from the first word on", async (context) => {
  const pair = pairFor(context);
  const { alpha } = pair;
  const vm = pair.addVm("Cam", alpha, join(pair.images, "1"));
  const other = pair.addVm("Cam ", alpha, join(pair.images, "2"));
  const { protect } = alpha.protection;
  const both = [protect({ vm, module: "first" }, "test"), protect({ vm, module: "second" }, "test")];
  const answers = await Promise.allSettled(both);
  assert.deepEqual(answers.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const refused = answers.find((one) => one.status === "rejected");
  assert.ok(refusedWith("GEMEL-5004")(refused?.reason));
  const owner = alpha.protection.coming().get(vm);
  assert.ok(owner !== undefined, "listed as that before it is done");
  await assert.rejects(protect({ vm: other, module: owner }, "test"), refusedWith("GEMEL-5004"));
});

test("protect-one-name-from-both-hosts: one of them or none, nothing is left behind", async (context) => {
  const pair = pairFor(context);
  const { alpha, beta } = pair;
  const here = await alpha.protection.protect(
    { vm: pair.addVm("Cam", alpha, join(pair.images, "1")), module: "cam" },
    "test",
  );
  const there = await beta.protection.protect(
    { vm: pair.addVm("Cam", beta, join(pair.images, "2")), module: "cam" },
    "test",
  );
  const ends = [await alpha.ended(here.procedure ?? ""), await beta.ended(there.procedure ?? "")];
  const done = ends.filter(({ state }) => state === "done");
  assert.ok(done.length <= 1);
  for (const { state, failure } of ends) {
    if (state === "done") continue;
    assert.equal(state, "undone");
    assert.equal(failure?.code, "GEMEL-5004");
  }
  assert.equal(alpha.settings.get("cam")?.uuid, beta.settings.get("cam")?.uuid);
  for (const folder of ["1", "2"]) {
    const isThere = readdirSync(join(pair.images, folder)).length === 2;
    const [end] = folder === "1" ? ends : ends.slice(1);
    assert.equal(isThere, end?.state !== "done");
  }
});

for (const broken of ["protect-room", "definition", "undefine"] as const) {
  test(`protect-undone-when-a-step-fails: ${broken}`, async (context) => {
    const pair = pairFor(context);
    const vm = pair.addVm("Cam 1");
    const { hypervisor } = pair.alpha;
    const before = pair.files(pair.images);
    const definition = await hypervisor.definition(vm);
    await hypervisor.startOutside(vm);
    if (broken === "protect-room") pair.alpha.failing.add(broken);
    if (broken === "undefine") {
      hypervisor.undefine = () =>
        Promise.resolve({ ok: false, code: "GEMEL-3009", message: "libvirt says no", next: "" });
    }
    const reply = await pair.alpha.protection.protect({ vm, stop: true, module: "cam1" }, "test");
    const folder = join(pair.alpha.paths.state, "vm", "cam1");
    // A folder in place of the file that is to be written.
    if (broken === "definition") mkdirSync(join(folder, "domain.xml.new", "x"), { recursive: true });
    const end = await pair.alpha.ended(reply.procedure ?? "");
    if (broken === "definition") assert.match(end.failure?.message ?? "", /./);
    else assert.equal(end.state, "undone", end.failure?.message);
    assert.deepEqual(pair.files(pair.images), before);
    assert.deepEqual(await hypervisor.definition(vm), definition);
    const power = await hypervisor.look(vm);
    assert.equal(power.ok && power.value.power, broken === "definition" ? "off" : "running");
    assert.equal(pair.alpha.settings.size + pair.beta.settings.size, 0);
  });
}

test("protect-goes-on-after-the-daemon-ended", async (context) => {
  const pair = pairFor(context);
  const vm = pair.addVm("Cam 1");
  const { hypervisor } = pair.alpha;
  const undefine = hypervisor.undefine.bind(hypervisor);
  let reached: () => void = () => undefined;
  const hanging = new Promise<void>((resolve) => (reached = resolve));
  hypervisor.undefine = () => {
    reached();
    return new Promise(() => undefined);
  };
  const reply = await pair.alpha.protection.protect({ vm, module: "cam1" }, "test");
  await hanging;
  hypervisor.undefine = undefine;
  pair.alpha.restart();
  assert.equal((await pair.alpha.ended(reply.procedure ?? "")).state, "done");
  assert.equal(pair.alpha.states.get("cam1"), "ALONE");
});

test("protect-past-the-point-of-no-return-is-continued-by-asking-again", async (context) => {
  const pair = pairFor(context);
  const vm = pair.addVm("Cam 1");
  pair.alpha.failing.add("protect-create");
  const reply = await pair.alpha.protection.protect({ vm, module: "cam1" }, "test");
  const first = await pair.alpha.ended(reply.procedure ?? "");
  assert.equal(first.state, "failed");
  assert.equal(first.failure?.code, "GEMEL-1009");
  pair.alpha.failing.clear();
  const again = pair.alpha.procedures.start("protect", "cam1", {});
  assert.equal(again, reply.procedure);
  assert.equal((await pair.alpha.ended(again)).state, "done");
});

test("unprotect-of-a-module-whose-protect-never-finished", async (context) => {
  const pair = pairFor(context);
  const vm = pair.addVm("Cam 1");
  pair.alpha.failing.add("protect-create");
  const reply = await pair.alpha.protection.protect({ vm, module: "cam1" }, "test");
  assert.equal((await pair.alpha.ended(reply.procedure ?? "")).state, "failed");
  const undone = await pair.alpha.protection.unprotect("cam1", {}, "test");
  assert.equal((await pair.alpha.ended(undone.procedure ?? "")).state, "done");
  assert.deepEqual(readdirSync(pair.images).sort(), ["data.raw", "system.raw"]);
  pair.alpha.failing.clear();
  const again = await pair.alpha.protection.protect({ vm, module: "cam1" }, "test");
  assert.notEqual(again.procedure, reply.procedure, "nothing of the first one is continued");
  assert.equal((await pair.alpha.ended(again.procedure ?? "")).state, "done");
});

test("unprotect-puts-everything-back", async (context) => {
  const { pair, vm, folder } = await protectedPair(context);
  const { alpha, beta } = pair;
  mkdirSync(join(beta.paths.state, "vm"), { recursive: true });
  await assert.rejects(alpha.protection.unprotect("cam1", {}, "test"), refusedWith("GEMEL-5002"));
  const reply = await alpha.protection.unprotect("cam1", { stop: true }, "test");
  const end = await alpha.ended(reply.procedure ?? "");
  assert.equal(end.state, "done", end.failure?.message);
  assert.deepEqual(readdirSync(pair.images).sort(), ["data.raw", "system.raw"]);
  assert.equal(existsSync(folder), false);
  assert.equal(alpha.settings.size + beta.settings.size, 0);
  const power = await alpha.hypervisor.look(vm);
  assert.equal(power.ok && power.value.power, "running", "it ran before");
  const definition = await alpha.hypervisor.definition(vm);
  assert.match(definition.ok ? definition.value : "", new RegExp(`path="${pair.images}/system.raw"`));
});

test("unprotect-falls-back-to-the-definition-of-before", async (context) => {
  const { pair, vm } = await protectedPair(context);
  const { alpha } = pair;
  // What was changed meanwhile is not taken; what the VM was is.
  const current = await alpha.hypervisor.definition(vm);
  const changed = (current.ok ? current.value : "").replace("</domain>", "<odd/></domain>");
  writeFileSync(join(alpha.settings.get("cam1")?.vm.folder ?? "", "domain.xml"), changed);
  alpha.hypervisor.refuses = (definition) => definition.includes("<odd/>");
  const reply = await alpha.protection.unprotect("cam1", { stop: true }, "test");
  const end = await alpha.ended(reply.procedure ?? "");
  assert.equal(end.state, "done", end.failure?.message);
  assert.match(end.notes.join(), /as it was before it was protected/);
  const back = await alpha.hypervisor.definition(vm);
  assert.match(back.ok ? back.value : "", new RegExp(`path="${pair.images}/system.raw"`));
});

test("unprotect-with-the-other-node-gone", async (context) => {
  const { pair, vm } = await protectedPair(context);
  pair.alpha.reachable = false;
  const reply = await pair.alpha.protection.unprotect("cam1", { stop: true }, "test");
  const end = await pair.alpha.ended(reply.procedure ?? "");
  assert.equal(end.state, "done", end.failure?.message);
  assert.equal(end.notes.length, 1);
  await pair.alpha.hypervisor.kill(vm);
  assert.equal(await pair.alpha.hypervisor.startOutside(vm), true, "the mark is gone");
  // The other node comes back and is told.
  pair.alpha.reachable = true;
  pair.beta.states.set("cam1", "WAIT");
  await pair.beta.protection.forget("cam1");
  assert.equal(pair.beta.settings.size, 0);
  assert.ok(pair.beta.commands.some((command) => command.do === "stop" && command.scope === "node"));
});

test("unprotect-asked-of-the-secondary-is-done-on-the-primary", async (context) => {
  const { pair } = await protectedPair(context);
  const reply = await pair.beta.protection.unprotect("cam1", { stop: true }, "test");
  assert.equal((await pair.alpha.ended(reply.procedure ?? "")).state, "done");
  assert.deepEqual(readdirSync(pair.images).sort(), ["data.raw", "system.raw"]);
});

test("unprotect-refused-while-it-is-not-certain-who-ran-last", async (context) => {
  const { pair } = await protectedPair(context);
  pair.alpha.states.set("cam1", "STOP");
  pair.beta.states.set("cam1", "STOP");
  await assert.rejects(pair.beta.protection.unprotect("cam1", {}, "test"), refusedWith("GEMEL-1017"));
});

test("unprotect-never-overwrites-a-file-in-the-way", async (context) => {
  const { pair, folder } = await protectedPair(context);
  writeFileSync(join(pair.images, "data.raw"), "something else of another size");
  const reply = await pair.alpha.protection.unprotect("cam1", { stop: true }, "test");
  const end = await pair.alpha.ended(reply.procedure ?? "");
  assert.equal(end.state, "undone");
  assert.equal(readFileSync(join(pair.images, "data.raw"), "utf8"), "something else of another size");
  assert.ok(existsSync(join(folder, "system.raw")));
});

test("module-names-from-whatever-vms-are-called", () => {
  assert.equal(moduleNameFor("Kamera Süd 1", []), "kamera-sud-1");
  assert.equal(moduleNameFor("1. Straße!", []), "strasse");
  assert.equal(moduleNameFor("카메라", []), "vm");
  assert.equal(moduleNameFor("cam", ["cam", "cam-2"]), "cam-3");
  assert.match(moduleNameFor("x".repeat(80), []), /^[a-z][a-z0-9-]{0,30}$/);
});
