// SPDX-License-Identifier: Apache-2.0
// What one daemon tells the other for people's eyes, and what is shown of it; how fast the last copy went.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { moduleId, nodeName } from "../../core/base/units.js";
import { CopyRate } from "../../core/edge/metrics/copy-rate.js";
import { PeerProgress, type ProgressRooms } from "../../core/edge/network/peer-progress.js";
import type { ProcedureView } from "../../core/procedure/procedure.js";
import type { ResyncStatus } from "../../native/index.js";
import { newCopy } from "../../core/sim/mirror/copy.js";
import { FakeMirror } from "../../core/sim/mirror/fake-mirror.js";

const [alpha, beta] = [nodeName("alpha"), nodeName("beta")];
const mebibyte = 1024 ** 2;

const resync = (change: Partial<ResyncStatus> = {}): ResyncStatus => ({
  kind: "first-copy",
  direction: "source",
  bytesTotal: 100 * mebibyte,
  bytesDone: 40 * mebibyte,
  bytesSent: 40 * mebibyte,
  bytesHashed: 0,
  bytesPerSecond: 20 * mebibyte,
  pass: 1,
  ...change,
});

const procedure = (id: string, state: ProcedureView["state"]): ProcedureView => ({
  id,
  kind: "protect",
  subject: "cam1",
  step: "moving the files",
  steps: [],
  state,
  notes: ["one"],
});

const status = new FakeMirror(
  "alpha",
  "beta",
  "cam1",
  newCopy(),
  { on: false, paused: false },
  () => 0,
).status();

interface Seen {
  procedures: readonly ProcedureView[];
  resync: ResyncStatus | undefined;
  answers: boolean;
  changes: number;
}

function progressOn(node: typeof alpha): { readonly progress: PeerProgress; readonly seen: Seen } {
  const seen: Seen = { procedures: [], resync: undefined, answers: true, changes: 0 };
  const rooms: ProgressRooms = {
    node,
    get member(): never {
      throw new Error("nobody is asked for a procedure here");
    },
    procedures: {
      has: (id) => seen.procedures.some((one) => one.id === id),
      view: (id) => seen.procedures.find((one) => one.id === id) ?? procedure(id, "failed"),
      views: () => seen.procedures,
    },
    modules: { ids: () => [moduleId("cam1")] },
    mirrors: { lastStatus: () => seen.resync && { ...status, resync: seen.resync } },
    network: { answersControl: () => seen.answers, call: () => Promise.reject(new Error("not asked here")) },
  };
  const progress = new PeerProgress(rooms, () => seen.changes++);
  return { progress, seen };
}

const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

test("news-show-the-other-nodes-procedures-while-it-answers", () => {
  const [here, there] = [progressOn(alpha), progressOn(beta)];
  here.seen.procedures = [procedure("protect-a", "running")];
  there.seen.procedures = [procedure("protect-b", "running")];
  here.progress.take(beta, sent(there.progress.own()));
  const shown = here.progress.procedures().map(({ id, node }) => `${id} on ${node}`);
  assert.deepEqual(shown, ["protect-a on alpha", "protect-b on beta"]);
  here.seen.answers = false;
  assert.deepEqual(
    here.progress.procedures().map(({ id }) => id),
    ["protect-a"],
  );
});

test("news-of-what-is-over-are-few", () => {
  const { progress, seen } = progressOn(alpha);
  seen.procedures = Array.from({ length: 20 }, (_, index) => procedure(`protect-${index}`, "done"));
  seen.procedures = [procedure("protect-old", "failed"), ...seen.procedures];
  const told = progress.own().procedures.map(({ id }) => id);
  assert.deepEqual(told, ["protect-old", "protect-16", "protect-17", "protect-18", "protect-19"]);
});

test("news-show-a-targets-progress-as-its-source-counts-it", () => {
  const [target, source] = [progressOn(alpha), progressOn(beta)];
  target.seen.resync = resync({ direction: "target", bytesTotal: 0, bytesDone: 0, bytesPerSecond: 0 });
  source.seen.resync = resync();
  assert.equal(target.progress.copying("cam1")?.bytesTotal, 0);
  target.progress.take(beta, sent(source.progress.own()));
  assert.deepEqual(target.progress.copying("cam1"), { ...resync(), node: "beta" });
  assert.equal(source.progress.copying("cam1")?.node, "beta");
  // A verification is no copy.
  source.seen.resync = resync({ kind: "verify" });
  assert.equal(source.progress.copying("cam1"), null);
});

test("news-are-told-on-only-when-they-are-new", () => {
  const { progress, seen } = progressOn(alpha);
  const first = sent({ procedures: [], copying: {} });
  progress.take(beta, first);
  progress.take(beta, sent(first));
  assert.equal(seen.changes, 1);
});

test("news-that-are-none-are-not-taken", () => {
  const { progress, seen } = progressOn(alpha);
  const procedures = [procedure("protect-b", "running")];
  const wrong: readonly unknown[] = [
    undefined,
    null,
    "news",
    {},
    { procedures, copying: [] },
    { procedures: [{ ...procedures[0], node: "beta", notes: [1] }], copying: {} },
    { procedures: [{ id: 3 }], copying: {} },
    { procedures: [], copying: { cam1: { ...resync(), node: "beta", bytesDone: "much" } } },
    { procedures: Array.from({ length: 100 }, () => procedures[0]), copying: {} },
  ];
  for (const value of wrong) progress.take(beta, value);
  assert.equal(seen.changes, 0);
  assert.deepEqual(progress.procedures(), []);
});

test("copy-rate-is-that-of-the-wire-and-is-kept", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "gemel-rate-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "copy-rate.json");
  const refuse = (why: string): never => assert.fail(why);
  const guest = { on: true, paused: false };
  const status = new FakeMirror("alpha", "beta", "cam1", newCopy(), guest, () => 0).status();
  const rate = new CopyRate(file, refuse);
  rate.see({ ...status, resync: resync({ kind: "verify" }) });
  rate.see({ ...status, resync: resync({ direction: "target" }) });
  rate.see({ ...status, resync: resync({ bytesSent: mebibyte }) });
  rate.see(status);
  assert.equal(rate.bytesPerSecond, null, "nothing was copied from here so far");
  // Half of what was looked at had to be sent: half the speed is the wire's.
  rate.see({ ...status, resync: resync({ bytesSent: 20 * mebibyte }) });
  assert.equal(rate.bytesPerSecond, 10 * mebibyte);
  const end = performance.now() + 5_000;
  while (new CopyRate(file, refuse).bytesPerSecond === null) {
    assert.ok(performance.now() < end, "the rate is kept in its file");
    await new Promise((done) => setTimeout(done, 5));
  }
});
