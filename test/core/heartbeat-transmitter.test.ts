// SPDX-License-Identifier: Apache-2.0
// A node joins while the others run: everybody takes aim anew, one after the other. Nobody may be deaf to
// somebody for it. A transmitter that began to count again was taken for an old recording by the ones that
// had heard it before.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { bootClock } from "../../core/edge/clock.js";
import { milliseconds, nodeName, type NodeName } from "../../core/base/units.js";
import { Transmitter, type Aim } from "../../core/edge/network/heartbeat-transmitter.js";

const names = ["alpha", "beta", "gamma"].map(nodeName);
const addressOf = (node: NodeName): string => `127.11.0.${names.indexOf(node) + 1}`;
const key = Buffer.alloc(32, 7);
const port = 20_000 + (process.pid % 20_000);

const aimOf = (self: NodeName, nodes: readonly NodeName[]): Aim => ({
  key,
  port,
  lanes: [
    {
      network: "data",
      address: addressOf(self),
      pulse: milliseconds(10),
      peers: nodes.filter((one) => one !== self).map((node) => ({ node, address: addressOf(node) })),
    },
  ],
});

class Listener {
  readonly heard = new Map<NodeName, number>();
  readonly transmitter: Transmitter;
  turns = true;

  constructor(self: NodeName) {
    this.transmitter = new Transmitter({
      self,
      incarnation: `run of ${self}`,
      now: bootClock,
      views: () => [],
      turns: () => this.turns,
      alive: ({ from }) => this.heard.set(from, (this.heard.get(from) ?? 0) + 1),
    });
  }

  async hears(from: NodeName, times: number): Promise<void> {
    const limit = performance.now() + 20_000;
    const goal = (this.heard.get(from) ?? 0) + times;
    while ((this.heard.get(from) ?? 0) < goal) {
      const refused = JSON.stringify([...this.transmitter.refused]);
      assert.ok(performance.now() < limit, `${from} is not heard any more: ${refused}`);
      await pause(5);
    }
  }
}

test("heartbeat-transmitter: a node that joins makes nobody deaf", async (context) => {
  const [alpha, beta, gamma] = names.map((name) => new Listener(name));
  const [a, b, c] = names;
  assert.ok(alpha && beta && gamma && a && b && c);
  context.after(() => [alpha, beta, gamma].forEach(({ transmitter }) => transmitter.stop()));
  alpha.transmitter.aim(aimOf(a, [a, b]));
  beta.transmitter.aim(aimOf(b, [a, b]));
  await Promise.all([alpha.hears(b, 30), beta.hears(a, 30)]);
  // Only alpha knows of the third yet; beta goes on with the cluster that it knows.
  alpha.transmitter.aim(aimOf(a, names));
  beta.transmitter.refused.clear();
  await Promise.all([alpha.hears(b, 5), beta.hears(a, 5)]);
  assert.equal(beta.transmitter.refused.get("heard before") ?? 0, 0);
  gamma.transmitter.aim(aimOf(c, names));
  beta.transmitter.aim(aimOf(b, names));
  await Promise.all([alpha.hears(c, 5), beta.hears(c, 5), gamma.hears(a, 5), gamma.hears(b, 5)]);
});

test("heartbeat-transmitter: a loop that stands still does not beat", async (context) => {
  const [a, b] = names;
  assert.ok(a && b);
  const [alpha, beta] = [new Listener(a), new Listener(b)];
  context.after(() => [alpha, beta].forEach(({ transmitter }) => transmitter.stop()));
  alpha.transmitter.aim(aimOf(a, [a, b]));
  beta.transmitter.aim(aimOf(b, [a, b]));
  await Promise.all([alpha.hears(b, 5), beta.hears(a, 5)]);
  beta.turns = false;
  await pause(100);
  const heard = alpha.heard.get(b);
  await beta.hears(a, 20);
  assert.equal(alpha.heard.get(b), heard);
  beta.turns = true;
  await alpha.hears(b, 5);
});

test("address-that-the-host-no-longer-has: known as that, by network", async (context) => {
  const [self, other] = names;
  assert.ok(self && other);
  const { transmitter } = new Listener(self);
  context.after(() => transmitter.stop());
  const [lane] = aimOf(self, [self, other]).lanes;
  assert.ok(lane);
  const lanes = [lane, { ...lane, network: "heart", address: "192.0.2.77" }];
  transmitter.aim({ key, port: port + 1, lanes });
  const limit = performance.now() + 20_000;
  while (transmitter.gone.size === 0 && performance.now() < limit) await pause(5);
  assert.deepEqual([...transmitter.gone], [["heart", "192.0.2.77"]]);
});
