// SPDX-License-Identifier: Apache-2.0
// The marks of protected VMs in one hand: whoever asks meanwhile takes nobody's mark away.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { withoutCluster } from "../../core/edge/node-side.js";
import { moduleId } from "../../core/base/units.js";
import { examine, type ExaminedRooms } from "../../core/edge/doctor.js";
import { StartGuard } from "../../core/procedure/start-guard.js";

/** A hypervisor that takes its time, and modules that come and go. */
function scene(): { readonly guard: StartGuard; readonly made: Map<string, string>; marked: () => string[] } {
  const made = new Map<string, string>();
  let marked: string[] = [];
  let isAsked = false;
  const guard = new StartGuard(
    {
      guard: async (vms) => {
        assert.ok(!isAsked, "one question at a time");
        isAsked = true;
        await turn();
        await turn();
        marked = vms.map(({ id, module }) => `${id} of ${module}`).sort();
        isAsked = false;
        return { ok: true, value: { called: true, note: "" } };
      },
    },
    {
      ids: () => [...made.keys()],
      settings: (module) => ({ vm: { id: made.get(module) ?? "" } }),
    },
  );
  return { guard, made, marked: () => marked };
}

test("start-guard-mark-before-its-module: stays, whoever asks meanwhile", async () => {
  const { guard, made, marked } = scene();
  made.set("door", "2");
  const first = guard.check();
  await turn();
  await Promise.all([first, guard.mark("1", "cam"), guard.check()]);
  assert.deepEqual(marked(), ["1 of cam", "2 of door"]);
  made.set("cam", "1");
  await guard.check();
  assert.deepEqual(marked(), ["1 of cam", "2 of door"]);
});

test("start-guard-module-made-while-the-question-waited: its VM is marked", async () => {
  const { guard, made, marked } = scene();
  const first = guard.check();
  await turn();
  const second = guard.check();
  assert.equal(guard.check(), second, "the same question is asked once");
  made.set("cam", "1");
  await Promise.all([first, second]);
  assert.deepEqual(marked(), ["1 of cam"]);
});

test("start-guard-freed-although-its-module-is-there: free until its module is made again", async () => {
  const { guard, made, marked } = scene();
  made.set("cam", "1");
  await guard.free("1");
  await guard.check();
  assert.deepEqual(marked(), []);
  await guard.keep("1");
  assert.deepEqual(marked(), ["1 of cam"]);
  await guard.free("1");
  made.delete("cam");
  await guard.check();
  made.set("cam", "1");
  await guard.check();
  assert.deepEqual(marked(), ["1 of cam"]);
});

test("start-guard-hypervisor-that-fails: the next question is asked all the same", async () => {
  let count = 0;
  const guard = new StartGuard(
    {
      guard: () => {
        count += 1;
        if (count === 1) throw new Error("away");
        return Promise.resolve({ ok: true, value: { called: true, note: "" } });
      },
    },
    { ids: () => [], settings: () => undefined },
  );
  await assert.rejects(guard.check(), /away/);
  assert.ok((await guard.check()).ok);
});

test("doctor-changes-nothing", async () => {
  let asked = 0;
  const note = "libvirtd does not call it";
  const guard = new StartGuard(
    {
      guard: () => {
        asked += 1;
        return Promise.resolve({ ok: true, value: { called: false, note } });
      },
    },
    { ids: () => ["cam"], settings: () => ({ vm: { id: "1" } }) },
  );
  const doctor = async (): Promise<readonly string[]> => {
    const { findings } = await examine({
      node: "alpha",
      status: withoutCluster(),
      certificates: [],
      clusterFault: undefined,
      troubles: [],
      running: {
        hypervisor: { connect: () => Promise.resolve({ ok: true, value: undefined }) },
        modules: { ids: () => [moduleId("cam")] },
        protection: { guarded: () => guard.known() },
        network: { refusedHeartbeats: new Map(), addressesGone: new Map() },
        refusals: { all: new Map() },
      } as unknown as ExaminedRooms,
    });
    return findings.filter(({ code }) => code === "GEMEL-3007").map(({ message }) => message);
  };
  assert.deepEqual(await doctor(), []);
  assert.equal(asked, 0, "no mark is written, no VM is tried");
  guard.follow(true);
  guard.follow(true);
  await turn();
  assert.deepEqual(await doctor(), [note]);
  assert.equal(asked, 1);
  guard.follow(false);
  guard.follow(true);
  await turn();
  assert.equal(asked, 2, "the hypervisor was started anew: it may call its hooks now");
});
