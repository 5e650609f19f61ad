// SPDX-License-Identifier: Apache-2.0
// The port between the two sides of a daemon: what is said on it is copied, and what cannot be copied does
// not get through. Every test of a daemon runs over this port.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PeerRefusal } from "../../core/api/door.js";
import { GemelError } from "../../core/base/errors.js";
import { nodeName } from "../../core/base/units.js";
import { askOver, tellOver, type NodeDesk, type NodeNews } from "../../core/edge/port.js";

/** A desk that knows these answers and nothing else. */
const deskOf = (answers: Partial<NodeDesk>): NodeDesk => answers as NodeDesk;

test("port-shares-no-object: what is changed after it was said is the speaker's alone", async () => {
  const figures = { node: "alpha", cpu: 1 };
  const heard: unknown[] = [];
  const views: never[] = [];
  const ask = askOver(deskOf({ tellFigures: (_peer, told) => void heard.push(told), modules: () => views }));
  await ask("tellFigures", "beta", figures);
  const answer = await ask("modules");
  figures.cpu = 2;
  assert.deepEqual(heard, [{ node: "alpha", cpu: 1 }]);
  assert.notEqual(answer, views);

  const news: NodeNews[] = [];
  const told = { kind: "figures", from: nodeName("beta"), figures: { cpu: 1 } } as const;
  tellOver((one) => void news.push(one))(told);
  assert.deepEqual(news, [told]);
  assert.notEqual(news[0], told);
});

test("port-carries-data-only: a function is refused on the way there and on the way back", async () => {
  const call = (): number => 1;
  const ask = askOver(deskOf({ tellFigures: () => undefined, procedure: () => call as never }));
  await assert.rejects(ask("tellFigures", "beta", { call }), { name: "DataCloneError" });
  await assert.rejects(ask("procedure", "one"), { name: "DataCloneError" });
  assert.throws(() => tellOver(() => undefined)({ kind: "figures", from: nodeName("beta"), figures: call }), {
    name: "DataCloneError",
  });
});

test("port-keeps-order: each message has arrived when the next one is sent", () => {
  const heard: unknown[] = [];
  const ask = askOver(deskOf({ tellFigures: (_peer, told) => void heard.push(told) }));
  for (const number of [1, 2, 3]) void ask("tellFigures", "beta", number);
  assert.deepEqual(heard, [1, 2, 3]);
});

test("port-refusal-keeps-its-words: code, status, where and the way out arrive", async () => {
  const refusal = new GemelError("GEMEL-1001", "cam1");
  const theirs = new PeerRefusal(418, { ...refusal.toJSON(), where: "beta" });
  const thrown: Error[] = [refusal, theirs, new Error("a bug")];
  const ask = askOver(
    deskOf({
      look: () => {
        throw thrown.shift() ?? new Error("asked too often");
      },
    }),
  );
  await assert.rejects(ask("look", "cam1"), { status: 404, error: refusal.toJSON() });
  await assert.rejects(ask("look", "cam1"), { status: 418, error: theirs.error });
  await assert.rejects(ask("look", "cam1"), ({ status, error }: PeerRefusal) => {
    assert.deepEqual([status, error.code], [500, "GEMEL-9003"]);
    assert.match(error.message, /a bug/);
    return true;
  });
});

test("port-refusal-that-nobody-waits-for: ends nobody", async () => {
  const ask = askOver(deskOf({}));
  void ask("modules");
  await new Promise((done) => setImmediate(done));
  await assert.rejects(ask("modules"), PeerRefusal);
});
