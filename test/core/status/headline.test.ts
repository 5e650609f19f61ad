// SPDX-License-Identifier: Apache-2.0
// The first sentence about a module, and what would happen if its host died: said alike by both nodes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds } from "../../../core/base/units.js";
import { headline } from "../../../core/describe/module/headline.js";
import { outlookOf } from "../../../core/describe/module/outlook.js";
import { facts, seen, view } from "./pictures.js";

const copying = {
  node: "alpha",
  kind: "tracked",
  direction: "source",
  bytesTotal: 1000,
  bytesDone: 430,
  bytesSent: 430,
  bytesHashed: 0,
  bytesPerSecond: 5,
  etaSeconds: 118,
} as const;

test("headline-protected: one word, and what was left out", () => {
  const pair = [seen("alpha", view("PRIM")), seen("beta", view("SECOND"))] as const;
  assert.equal(headline(facts(...pair, { isProtected: true })), "Protected");
  assert.match(headline(facts(...pair, { isProtected: true, isPartly: true })), /^Partly protected/);
});

test("headline-standby: both copies are alike, and the other host could not start the VM", () => {
  const pair = [seen("alpha", view("PRIM")), seen("beta", view("SECOND"))] as const;
  const standby = "The other host could not start the VM. On beta: no bridge";
  assert.equal(headline(facts(...pair, { isProtected: true, standby })), `Protected, but: ${standby}`);
});

test("headline-peer-down: since when", () => {
  const down = seen("beta", view("SECOND"), { live: false, down: true });
  const here = seen("alpha", view("ALONE", "alone-on-silence"));
  assert.equal(headline(facts(here, down)), "Unprotected: beta is down since 03:12 UTC");
});

test("headline-copying: percent and time, from both nodes", () => {
  const alpha = seen("alpha", view("ALONE", "reintegrating"));
  const beta = seen("beta", view("SECOND", "reintegrating"));
  const wanted = "Catching up: 43 %, about 2 min";
  assert.equal(headline(facts(alpha, beta, { copying })), wanted);
  assert.equal(headline(facts(beta, alpha, { copying })), wanted);
});

test("headline-waiting: for whom", () => {
  const alpha = seen("alpha", undefined, { live: false, down: true });
  const beta = seen("beta", view("WAIT", "peer-silent"));
  assert.equal(headline(facts(beta, alpha)), "Waiting: alpha may hold newer data");
  const paused = seen("beta", view("WAIT", "paused"));
  const pause = "since 03:12 UTC by admin (maintenance)";
  assert.equal(
    headline(facts(paused, alpha, { pause })),
    "Waiting: automatic failover is paused since 03:12 UTC by admin (maintenance)",
  );
});

test("headline-company: why the other one is not there", () => {
  const alpha = seen("alpha", view("ALONE", "alone"));
  const stopped = seen("beta", view("STOP", "maxloop"));
  assert.equal(
    headline(facts(alpha, stopped)),
    "Unprotected: stopped on beta (the VM was restarted too often on beta)",
  );
  const deaf = seen("beta", view("SECOND"), { live: false });
  assert.equal(headline(facts(alpha, deaf)), "Unprotected: beta does not answer since 03:12 UTC");
});

test("headline-pressing: what holds the guest up comes before the other copy", () => {
  const full = seen("alpha", view("ALONE", "disk-full"));
  const down = seen("beta", view("SECOND"), { live: false, down: true });
  assert.equal(headline(facts(full, down)), "The VM waits: the disk of alpha is full");
});

test("headline-follower: the node that runs it is spoken of, also on the other one", () => {
  const alpha = seen("alpha", view("PRIM", "frozen"));
  const beta = seen("beta", view("SECOND", "data-link-down"));
  assert.equal(headline(facts(beta, alpha)), "Writes wait: beta does not answer");
});

test("headline-unknown-reason: a newer node's reason is shown as it is", () => {
  const alpha = seen("alpha", { ...view("WAIT"), reason: "from-tomorrow" as "none" });
  assert.equal(headline(facts(alpha, seen("beta", undefined, { live: false }))), "alpha: from-tomorrow");
});

test("outlook-takeover: timeout, margin, and what the last start took there", () => {
  const pair = [seen("alpha", view("PRIM")), seen("beta", view("SECOND"))] as const;
  const startOf = (node: string): ReturnType<typeof milliseconds> | undefined =>
    node === "beta" ? milliseconds(13_600) : undefined;
  assert.deepEqual(outlookOf(facts(...pair, { startOf })), {
    sentence: "If alpha died now: back in about 20 s on beta.",
    seconds: 20,
    node: "beta",
  });
  const [alpha, beta] = pair;
  assert.equal(outlookOf(facts(beta, alpha, { startOf })).node, "beta", "the same from the other node");
});

test("outlook-nothing-would-run: each obstacle with its reason", () => {
  const alpha = seen("alpha", view("PRIM"));
  const beta = seen("beta", view("SECOND"));
  const stale = seen("beta", { ...view("SECOND"), upToDate: false });
  const cases: readonly (readonly [Parameters<typeof outlookOf>[0], RegExp])[] = [
    [facts(alpha, stale), /beta's copy is not up to date/],
    [facts(alpha, beta, { inSync: false }), /beta's copy is not up to date/],
    [facts(alpha, seen("beta", view("SECOND"), { live: false, down: true })), /beta is down/],
    [facts(alpha, beta, { isPaused: true }), /automatic failover is paused/],
    [facts(alpha, beta, { failover: false }), /failover is switched off/],
    [facts(alpha, seen("beta", view("STOP"))), /stopped on beta/],
    [facts(alpha, seen("beta", { ...view("SECOND"), willing: false })), /beta cannot start VMs/],
    [facts(alpha, beta, { conflict: true }), /a person has to choose/],
  ];
  for (const [given, wanted] of cases) {
    const found = outlookOf(given);
    assert.match(found.sentence, wanted);
    assert.match(found.sentence, /^If alpha died now: nothing would run/);
    assert.deepEqual([found.seconds, found.node], [null, null]);
  }
});

test("outlook-off: nothing runs, nothing can die", () => {
  const found = outlookOf(facts(seen("alpha", view("STOP")), seen("beta", view("STOP"))));
  assert.equal(found.sentence, "The VM does not run now.");
});
