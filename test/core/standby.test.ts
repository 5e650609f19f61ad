// SPDX-License-Identifier: Apache-2.0
// Whether the other host could start a VM is asked again at every change of its definition: who is asked
// when, and that both nodes know the answer.

import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { PeerAnswer } from "../../core/api/calls/peer.js";
import { instant, moduleId, nodeName } from "../../core/base/units.js";
import { standbyAskEvery, standbyAskPause } from "../../core/base/limits/edge.js";
import { newSettings } from "../../core/protect/plan.js";
import { Standby } from "../../core/edge/workload/standby.js";
import { FakeHypervisor } from "../contract/fake-hypervisor.js";
import { fakeDefinition } from "../contract/fake-definition.js";

const alpha = new FakeHypervisor({ node: "alpha" });
const beta = new FakeHypervisor({ node: "beta" });
after(async () => {
  await alpha.close();
  await beta.close();
});

interface Pair {
  now: number;
  asked: number;
  betaAnswers: boolean;
  runsOn: "alpha" | "beta";
  readonly logged: string[];
  readonly alpha: Standby;
  readonly beta: Standby;
}

async function pairOf(context: TestContext): Promise<Pair> {
  const defined = await alpha.define(fakeDefinition("0c1d1f64-1111-4222-8333-444455556666", "cam", []));
  assert.ok(defined.ok);
  const vm = defined.value;
  context.after(() => void (beta.findings = []));
  const nodes = ["alpha", "beta"] as const;
  const settings = newSettings({ vm, folder: "/vm/cam", nodes, index: 0, excluded: [] });
  const node = (name: "alpha" | "beta", hypervisor: FakeHypervisor): Standby =>
    new Standby(
      {
        node: nodeName(name),
        hypervisor,
        modules: { ids: () => [moduleId("cam")], expect: () => ({ ...settings, id: "cam" }) as never },
        isRunning: () => pair.runsOn === name,
        log: (_module, _sentence, outcome) => pair.logged.push(outcome),
      },
      {
        now: () => instant(pair.now),
        answers: () => pair.betaAnswers,
        ask: async (_peer, body): Promise<PeerAnswer<"standby">> => {
          pair.asked++;
          return await pair.beta.answers.standby(body);
        },
        changed: () => undefined,
      },
    );
  const pair: Pair = {
    now: 1,
    asked: 0,
    betaAnswers: true,
    runsOn: "alpha",
    logged: [],
    alpha: node("alpha", alpha),
    beta: node("beta", beta),
  };
  return pair;
}

const noBridge = {
  severity: "blocks",
  code: "GEMEL-5001",
  message: "This host has no bridge 'br1'.",
  next: "Make br1 on this host as on the other.",
} as const;

const messageOf = (standby: Standby): string | undefined => standby.troubles().get("cam")?.message;

test("the-other-host-is-asked-again-at-a-change-of-the-definition", async (context) => {
  const pair = await pairOf(context);
  await pair.alpha.look();
  assert.equal(pair.asked, 1);
  assert.equal(messageOf(pair.alpha), undefined);
  beta.findings = [noBridge];
  await pair.alpha.look();
  assert.equal(pair.asked, 1, "nothing has changed");
  pair.alpha.changed("cam");
  await pair.alpha.look();
  assert.match(messageOf(pair.alpha) ?? "", /could not start the VM.*On beta: .*br1/);
  assert.equal(pair.alpha.troubles().get("cam")?.next, noBridge.next, "with its repair");
  assert.equal(messageOf(pair.beta), messageOf(pair.alpha), "both nodes tell the same");
  beta.findings = [];
  pair.now += standbyAskEvery;
  await pair.alpha.look();
  assert.deepEqual([messageOf(pair.alpha), messageOf(pair.beta)], [undefined, undefined]);
  assert.equal(pair.logged.length, 2);
});

test("a-definition-that-the-other-hypervisor-refuses-is-told", async (context) => {
  const pair = await pairOf(context);
  beta.refuses = () => true;
  await pair.alpha.look();
  beta.refuses = () => false;
  assert.match(messageOf(pair.alpha) ?? "", /On beta: /);
});

test("a-host-that-does-not-answer-is-asked-when-it-does", async (context) => {
  const pair = await pairOf(context);
  pair.betaAnswers = false;
  await pair.alpha.look();
  assert.equal(pair.asked, 0);
  pair.betaAnswers = true;
  beta.findings = [noBridge];
  await pair.alpha.look();
  assert.equal(pair.asked, 1);
  beta.findings = [];
  beta.service(false);
  pair.alpha.changed("cam");
  await pair.alpha.look();
  assert.ok(messageOf(pair.alpha), "an answer that failed changes nothing");
  beta.service(true);
  await pair.alpha.look();
  assert.equal(pair.asked, 2, "not at each turn");
  pair.now += standbyAskPause;
  await pair.alpha.look();
  assert.equal(messageOf(pair.alpha), undefined);
});

test("after-a-swap-the-old-answer-says-nothing", async (context) => {
  const pair = await pairOf(context);
  beta.findings = [noBridge];
  await pair.alpha.look();
  pair.runsOn = "beta";
  await pause(0);
  assert.deepEqual([pair.alpha.troubles().size, pair.beta.troubles().size], [0, 0]);
});
