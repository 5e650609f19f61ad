// SPDX-License-Identifier: Apache-2.0
// What a mirror process says reaches the daemon in the order in which it was said: a status that was asked
// for and an event behind it come in one piece, and the last word must stay the last.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { seconds } from "../../core/base/units.js";
import { MirrorClient } from "../../core/edge/mirror/client.js";
import type { MirrorEvent, MirrorRequest, MirrorStatus } from "../../native/index.js";
import { newCopy } from "../../core/sim/mirror/copy.js";
import { FakeMirror } from "../../core/sim/mirror/fake-mirror.js";

const status = (inSync: boolean): MirrorStatus => ({
  ...new FakeMirror("alpha", "beta", "cam1", newCopy(), { on: false, paused: false }, () => 0).status(),
  inSync,
});

test("a status that was asked for is told before the event behind it", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "gemel-client-"));
  const path = join(folder, "cam1.sock");
  const server = createServer((socket) => {
    socket.on("data", (line: Buffer) => {
      const { id } = JSON.parse(line.toString()) as MirrorRequest;
      const reply = { id, ok: true, result: status(false) };
      const event = { event: "status", status: status(true) };
      socket.write(`${JSON.stringify(reply)}\n${JSON.stringify(event)}\n`);
    });
  });
  await new Promise<void>((done) => server.listen(path, done));
  const told: boolean[] = [];
  const hear = (event: MirrorEvent): void => {
    if (event.event === "status") told.push(event.status.inSync);
  };
  const client = await MirrorClient.connect(path, "cam1", {
    event: hear,
    refused: (why) => assert.fail(why),
    closed: () => undefined,
  });
  context.after(() => {
    client.close();
    server.close();
    rmSync(folder, { recursive: true });
  });
  await client.ask({ do: "status" }, seconds(5));
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(told, [false, true]);
});
