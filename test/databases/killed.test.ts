// SPDX-License-Identifier: Apache-2.0
/**
 * Real databases in the folder of a pair of mirror processes. Its own process, the secondary's mirror and the
 * primary's are killed one after the other, at a moment that the seed draws, while it commits; at the end the
 * second copy is opened by the database itself, found sound by its own tools, and holds every number that was
 * acknowledged (P1, P2).
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { test, type TestContext } from "node:test";

import { MirrorPair } from "../native/mirror-pair.js";
import { type Database, sqlite } from "./database.js";
import { qcow2 } from "./image.js";

const seed = Number(process.env["GEMEL_SEED"] ?? randomInt(1_000_000));
const databases: readonly Database[] = [sqlite("wal"), sqlite("delete"), qcow2];
const commitsMax = 60;
const limitMs = 120_000;

/** Numbers that the seed draws (mulberry32). */
function dice(from: number): (below: number) => number {
  let state = from >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function pairFor(context: TestContext, database: Database, index: number): MirrorPair {
  const dir = mkdtempSync("/var/tmp/gemel-databases-");
  chmodSync(dir, 0o755);
  const pair = MirrorPair.make({ dir, index: 20 + index });
  for (const node of ["alpha", "beta"]) chmodSync(`${dir}/${node}`, 0o755);
  context.after(async () => {
    await database.kill();
    await pair.remove();
    rmSync(dir, { recursive: true, force: true });
  });
  return pair;
}

async function secondaryComesBack(pair: MirrorPair): Promise<void> {
  pair.second.kill();
  await pair.second.gone();
  const freeze = await pair.first.frozen();
  await pair.first.command({ do: "grant", freeze, basis: "word" });
  await pair.second.remove();
  await pair.second.start();
  await pair.second.command({ do: "link", on: true });
}

for (const [index, database] of databases.entries()) {
  const reason = database.missing();
  test(`killed-at-random-${database.name}`, { timeout: 900_000, skip: reason ?? false }, async (context) => {
    context.diagnostic(`seed ${seed}`);
    const draw = dice(seed + index);
    const pair = pairFor(context, database, index);
    await pair.startInSync();
    const { root } = pair.first;
    await database.start(root);

    // 1. The database itself.
    let writing = database.write(root);
    await writing.goesOn(1 + draw(commitsMax), limitMs);
    await Promise.all([database.kill(), writing.kill()]);
    assert.ok((await database.check(root)) >= writing.acknowledged, "its own death lost something");

    // 2. The secondary's mirror, which comes back while the database goes on.
    await database.resume(root);
    writing = database.write(root);
    await writing.goesOn(1 + draw(commitsMax), limitMs);
    await secondaryComesBack(pair);
    await writing.goesOn(1 + draw(commitsMax), limitMs);
    await pair.first.until("in sync again", (status) => status.inSync, limitMs);

    // 3. The primary's mirror: whatever the database has below it is gone. The other copy takes over.
    await writing.goesOn(1 + draw(commitsMax), limitMs);
    pair.first.kill();
    await pair.first.gone();
    await Promise.all([database.kill(), writing.kill()]);
    await pair.second.command({ do: "promote", alone: { basis: "silence" } });
    const kept = await database.check(pair.second.root);
    assert.ok(kept >= writing.acknowledged, `${writing.acknowledged} acknowledged, ${kept} there`);
    context.diagnostic(`${writing.acknowledged} commits acknowledged, ${kept} on the second copy`);
  });
}
