// SPDX-License-Identifier: Apache-2.0
// What a command would do, told before it is given; and what each choice between two copies loses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds } from "../../../core/base/units.js";
import { aloneOf, copiesOf, type CopiesFacts } from "../../../core/describe/module/copies.js";
import { previewOf, type PreviewFacts } from "../../../core/describe/module/preview.js";
import { seen, view } from "./pictures.js";

function facts(more: Partial<PreviewFacts>): PreviewFacts {
  return {
    module: "cam1",
    verb: "swap",
    self: seen("alpha", view("PRIM")),
    other: seen("beta", view("SECOND")),
    both: true,
    keep: undefined,
    permission: { allowed: true, why: "" },
    inSync: true,
    isProtected: true,
    failover: true,
    isPaused: false,
    stopHow: "shutdown",
    niceStop: milliseconds(300_000),
    startOf: (node) => milliseconds(node === "beta" ? 12_000 : 9_000),
    stopOf: () => milliseconds(20_000),
    lossOf: (node) => `lost when ${node} is kept`,
    ...more,
  };
}

const told = (more: Partial<PreviewFacts>): string => previewOf(facts(more)).sentences.join(" ");

test("preview-swap: the guest restarts, so long it is away, both copies stay equal", () => {
  const found = previewOf(facts({}));
  assert.deepEqual([found.allowed, found.guestRestarts, found.downtimeSeconds], [true, true, 32]);
  assert.match(found.sentences.join(" "), /alpha is shut down.* starts on beta.* stay equal.* about 32 s/);
  const there = previewOf(facts({ self: seen("beta", view("SECOND")), other: seen("alpha", view("PRIM")) }));
  assert.deepEqual(there.sentences, found.sentences, "the same from the secondary");
});

test("preview-unmeasured: says that it is not known", () => {
  const found = previewOf(facts({ stopOf: () => undefined }));
  assert.equal(found.downtimeSeconds, null);
  assert.match(found.sentences.at(-1) ?? "", /not known yet/);
});

test("preview-refused: the permission's own words", () => {
  const permission = { allowed: false, why: "A swap needs both copies in sync." };
  assert.equal(previewOf(facts({ permission })).why, permission.why);
});

test("preview-stop: of both, of the primary, of the secondary", () => {
  assert.match(told({ verb: "stop" }), /neither host takes over/);
  const one = previewOf(facts({ verb: "stop", both: false }));
  assert.equal(one.guestRestarts, true);
  assert.match(one.sentences.join(" "), /beta takes over and starts the VM/);
  const paused = previewOf(facts({ verb: "stop", both: false, isPaused: true }));
  assert.equal(paused.guestRestarts, false);
  assert.match(paused.sentences.join(" "), /beta does not take over now/);
  const second = { self: seen("beta", view("SECOND")), other: seen("alpha", view("PRIM")) };
  assert.match(told({ verb: "stop", both: false, ...second }), /VM on alpha is not touched.*one copy only/);
});

test("preview-restart-and-stopstart: where it comes back", () => {
  assert.equal(previewOf(facts({ verb: "restart" })).downtimeSeconds, 29);
  assert.match(told({ verb: "stopstart" }), /beta takes over.*alpha comes back as secondary/);
  const stale = seen("beta", view("SECOND", "reintegrating"));
  assert.match(told({ verb: "stopstart", other: stale, inSync: false }), /starts again on alpha/);
});

test("preview-prim-and-second: what is lost", () => {
  const current = seen("beta", view("WAIT", "paused"));
  const down = seen("alpha", undefined, { live: false, down: true });
  assert.match(told({ verb: "prim", self: current, other: down }), /proven current: nothing is lost/);
  const stale = seen("beta", { ...view("WAIT", "peer-silent"), upToDate: false });
  assert.match(told({ verb: "prim", self: stale, other: down }), /lost when beta is kept.*conflict/);
  assert.match(told({ verb: "second", self: stale, other: down, inSync: false }), /lost when alpha is kept/);
});

test("preview-resolve: the loser is switched off and kept", () => {
  const self = seen("alpha", view("ALONE", "conflict"));
  const other = seen("beta", view("ALONE", "conflict"));
  const found = told({ verb: "resolve", self, other, keep: "beta", inSync: false });
  assert.match(found, /copy of beta goes on.*lost when beta is kept.*runs on alpha is switched off/);
  assert.match(found, /alpha is kept whole beside its folder, as cam1\.kept-GENERATION/);
});

test("preview-start: running or not", () => {
  assert.match(told({ verb: "start" }), /runs on alpha already/);
  const off = { self: seen("alpha", view("STOP")), other: seen("beta", view("STOP")) };
  assert.match(told({ verb: "start", ...off }), /whose copy is proven current/);
});

test("copies-alone: from the decisions, until the other one had it all", () => {
  const at = (n: number, outcome: string): { readonly at: string; readonly outcome: string } => ({
    at: `t${n}`,
    outcome,
  });
  const lost = at(1, "PRIM → ALONE (running)");
  assert.deepEqual(aloneOf([lost]), { from: "t1" });
  assert.deepEqual(aloneOf([lost, at(2, "ALONE → ALONE (running)")]), { from: "t1" });
  assert.deepEqual(aloneOf([lost, at(2, "ALONE → WAIT (leaving)")]), { from: "t1", to: "t2" });
  assert.deepEqual(aloneOf([lost, at(2, "WAIT → WAIT (opening)"), at(3, "WAIT → ALONE (promoting)")]), {
    from: "t1",
  });
  assert.equal(aloneOf([lost, at(2, "ALONE → PRIM (running)")]), undefined, "the other one has caught up");
  assert.equal(aloneOf([lost, at(2, "WAIT → SECOND (following)")]), undefined, "it follows the other one");
  assert.equal(aloneOf([at(1, "accepted"), at(2, "refused: no")]), undefined);
});

const copy = (node: string, more: object): CopiesFacts["copies"][number] => ({
  node,
  live: true,
  state: "ALONE",
  upToDate: true,
  generation: "aa",
  session: 3,
  sizeBytes: 1024,
  differingBytes: null,
  ...more,
});

test("copies-if-kept: what the other one wrote alone, and how much", () => {
  const both: CopiesFacts = {
    module: "cam1",
    conflict: true,
    moment: (at) => at,
    copies: [
      copy("alpha", { alone: { from: "03:12", to: "04:00" }, differingBytes: 12 * 1024 ** 2 }),
      copy("beta", { alone: { from: "03:13" } }),
    ],
  };
  const { copies, afterwards } = copiesOf(both);
  assert.deepEqual(
    copies.map(({ ifKept }) => ifKept),
    [
      "Lost is what beta wrote alone from 03:13 until now.",
      "Lost is what alpha wrote alone from 03:12 until 04:00 (about 12.0 MiB).",
    ],
  );
  assert.match(afterwards, /cam1\.kept-GENERATION/);
  const silent = [copy("alpha", { upToDate: false }), copy("beta", { live: false, upToDate: false })];
  const one = copiesOf({ ...both, conflict: false, copies: silent });
  assert.match(one.copies[0]?.ifKept ?? "", /Not known: beta does not answer/);
  assert.match(one.afterwards, /no conflict/);
});
