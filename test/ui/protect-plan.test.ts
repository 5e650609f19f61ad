// SPDX-License-Identifier: Apache-2.0
// The dialog that protects VMs: only what was chosen travels, and a finding's repair finds its switch.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { VmView } from "../../core/api/contract.js";
import {
  planFor,
  refusedField,
  repaired,
  repairsOf,
  requestOf,
  sorted,
} from "../../ui/pages/protect/plan.js";

const vm: VmView = { node: "beta", id: "u-1", name: "Tür 3", power: "running", memory: 1, vcpus: 1 };

void describe("protect-plan", () => {
  void it("nothing-chosen-lets-the-api-propose", () => {
    assert.deepEqual(requestOf(planFor(vm), true), { vm: "u-1", node: "beta", dryRun: true });
  });

  void it("what-was-chosen-travels", () => {
    const plan = {
      ...planFor(vm),
      module: " door ",
      folder: "/srv/door",
      stop: true,
      eject: true,
      exclude: { vdb: "empty" as const },
    };
    assert.deepEqual(requestOf(plan, false), {
      vm: "u-1",
      node: "beta",
      module: "door",
      folder: "/srv/door",
      stop: true,
      eject: true,
      exclude: [{ target: "vdb", how: "empty" }],
    });
  });

  void it("a-repair-finds-its-switch", () => {
    const kinds = (next: string): string[] => repairsOf({ next }).map(({ kind }) => kind);
    assert.deepEqual(kinds("Shut it down, or let Gemel do it: --stop"), ["stop"]);
    assert.deepEqual(kinds("Take it out, or run protect with --eject."), ["eject"]);
    assert.deepEqual(kinds("Choose another folder: --folder PATH"), ["folder"]);
    assert.deepEqual(kinds("modprobe fuse"), []);
    const [left] = repairsOf({ next: "Leave it out: --exclude vdb=detach or --exclude vdb=empty" });
    assert.deepEqual(left, { kind: "exclude", target: "vdb" });
    assert.deepEqual(repaired(planFor(vm), left).exclude, { vdb: "detach" });
    assert.equal(repaired(planFor(vm), { kind: "stop" }).stop, true);
  });

  void it("a-refusal-finds-its-field", () => {
    const plan = { ...planFor(vm), module: "cam1", folder: "/srv/x" };
    assert.equal(refusedField({ where: "module", message: "" }, plan), "module");
    assert.equal(refusedField({ where: "cam1", message: "" }, plan), "module");
    assert.equal(refusedField({ where: "/srv/x", message: "" }, plan), "folder");
    assert.equal(refusedField({ where: "", message: "body/module must match pattern" }, plan), "module");
    assert.equal(refusedField({ where: "beta", message: "" }, plan), undefined);
  });

  void it("what-blocks-comes-first", () => {
    const finding = (severity: "blocks" | "warns") =>
      ({ severity, node: "a", code: "", message: "", next: "" }) as const;
    assert.deepEqual(
      sorted([finding("warns"), finding("blocks")]).map(({ severity }) => severity),
      ["blocks", "warns"],
    );
  });
});
