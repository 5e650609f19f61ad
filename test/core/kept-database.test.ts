// SPDX-License-Identifier: Apache-2.0
// What becomes of the daemon when its own databases are damaged, newer than it, or out of room (R101).

import assert from "node:assert/strict";
import Database from "better-sqlite3";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { History, type NewEntry } from "../../core/edge/record/history.js";
import { onSmallDisk } from "./full-disk/disk.js";
import { Pair } from "./pair/pair.js";

const entry = (sentence: string): NewEntry => ({
  at: "2026-11-21T03:00:00.000Z",
  node: "alpha",
  kind: "log",
  module: null,
  rule: "",
  sentence,
  inputs: {},
  outcome: "",
});

test("damaged-databases-keep-no-daemon-from-starting", async (t) => {
  const pair = await Pair.up({ joined: false });
  t.after(() => pair.close());
  const net = `data=127.0.0.0/8@${pair.address("alpha", "data")}`;
  const init = ["cluster", "init", "--name", "test", "--net", net, "--node", "alpha"];
  assert.equal((await pair.gemel("alpha", ...init, "--listen", "networks")).code, 0);
  await pair.stop("alpha", "SIGTERM");
  const file = (name: string): string => pair.path("alpha", "state", `${name}.db`);
  writeFileSync(file("history"), "not a database at all, whatever its name may say".repeat(100));
  writeFileSync(file("figures"), readFileSync(file("figures")).fill("x", 100));
  new Database(file("sessions")).exec("PRAGMA user_version = 99").close();
  await pair.start("alpha");
  const events = await pair.gemel("alpha", "events");
  for (const name of ["history", "sessions", "figures"]) {
    assert.match(events.stdout, new RegExp(`The ${name} of the past cannot be read; a new file is begun`));
    assert.ok(existsSync(`${file(name)}.set-aside`), name);
  }
  assert.equal((await pair.status("alpha")).cluster, "test");
});

test("full-disk-keeps-no-daemon-from-starting", () => {
  const said = onSmallDisk("daemon.js", "32m") as Readonly<Record<string, boolean>>;
  assert.deepEqual(
    Object.entries(said).filter(([, isSo]) => !isSo),
    [],
  );
  assert.equal(Object.keys(said).length, 5);
});

test("history-goes-on-in-a-new-file", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "gemel-history-damaged-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "history.db");
  const said: string[] = [];
  const open = (): History =>
    new History(
      file,
      () => undefined,
      (sentence) => said.push(sentence),
    );
  const history = open();
  history.add(entry("first"));
  assert.equal(history.read({ limit: 9 }).length, 1);
  history.close();
  const again = open();
  writeFileSync(file, "x".repeat(8192));
  again.add(entry("second"));
  assert.deepEqual(
    again.read({ limit: 9 }).map(({ id, sentence }) => [id, sentence]),
    [[2, "second"]],
  );
  assert.deepEqual(said, ["The history of the past cannot be read; a new file is begun."]);
  again.close();
});

test("history-out-of-reach: what waits is shown, and is numbered anew when it is written", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "gemel-history-away-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "history.db");
  const open = (): History => new History(file, () => undefined);
  const before = open();
  before.add(entry("before"));
  before.close();
  const lock = new Database(file);
  lock.pragma("locking_mode = EXCLUSIVE");
  lock.exec("BEGIN EXCLUSIVE");
  const history = open();
  history.add(entry("meanwhile"));
  assert.deepEqual(
    history.read({ limit: 9 }).map(({ sentence }) => sentence),
    ["meanwhile"],
  );
  assert.match(history.trouble ?? "", /locked/);
  lock.close();
  assert.deepEqual(
    history.read({ limit: 9 }).map(({ id, sentence }) => [id, sentence]),
    [
      [2, "meanwhile"],
      [1, "before"],
    ],
  );
  assert.equal(history.trouble, undefined);
  history.close();
});
