// SPDX-License-Identifier: Apache-2.0
// Arbiter and fence `none`: nobody answers, and nobody has to be waited for. What is silent is never a grant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { moduleId, nodeName } from "../../core/base/units.js";
import { noFence, withoutLease } from "../../core/edge/arbitration/none.js";
import type { Arbiter, ArbiterAnswer } from "../../core/ports/arbiter.js";
import { Effects, type EffectEdge } from "../../core/loop/effects.js";
import type { Report } from "../../core/loop/node-loop.js";

const question = { module: moduleId("cam1"), request: "a.1", generation: "f", why: "frozen" } as const;

test("arbiter-none-is-silent-at-once", async () => {
  for (const arbiter of Object.values(withoutLease))
    assert.deepEqual(await arbiter.ask(question), { kind: "silent" });
});

test("fence-none-is-silent-at-once", async () => {
  assert.deepEqual(await noFence.ask({ node: nodeName("beta"), epoch: 1, request: "a.2" }), {
    kind: "silent",
  });
});

test("arbiter-answer-comes-back-whole-and-a-broken-port-is-silent", async () => {
  const answers: Arbiter["ask"][] = [
    () => Promise.resolve({ kind: "denied", holder: nodeName("beta"), epoch: 7 }),
    () => Promise.reject(new Error("its disk is gone")),
    () => {
      throw new Error("it is not there");
    },
  ];
  const told: ArbiterAnswer[] = [];
  for (const ask of answers) {
    const report = await new Promise<Report>((post) => {
      const edge: Partial<EffectEdge> = { post, arbiter: () => ({ ask }) };
      new Effects(edge as EffectEdge).carryOut({ do: "ask-arbiter", ...question });
    });
    assert.ok(report.kind === "arbiter-answered" && report.request === question.request);
    told.push(report.answer);
  }
  const silent = { kind: "silent" } as const;
  assert.deepEqual(told, [{ kind: "denied", holder: nodeName("beta"), epoch: 7 }, silent, silent]);
});
