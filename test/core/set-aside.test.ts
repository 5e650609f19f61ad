// SPDX-License-Identifier: Apache-2.0
// The losing copy is kept whole, also when a crash breaks the keeping off at any of its steps (P8). The
// machine's own file system decides whether it is cloned or renamed: both ways must end the same.

import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setAside } from "../../core/edge/mirror/set-aside.js";

interface Place {
  readonly folder: string;
  readonly state: string;
  readonly kept: string;
  readonly keptState: string;
}

function losingCopy(context: TestContext): Place {
  const base = mkdtempSync(join(tmpdir(), "gemel-kept-"));
  context.after(() => {
    rmSync(base, { recursive: true });
  });
  const folder = join(base, "cam1");
  const state = join(base, ".gemel", "cam1");
  mkdirSync(folder);
  mkdirSync(state, { recursive: true });
  writeFileSync(join(folder, "disk"), "the loser's records");
  writeFileSync(join(state, "superblock"), "generation 7");
  return { folder, state, kept: `${folder}.kept-7`, keptState: `${state}.kept-7` };
}

function isKeptWhole({ kept, keptState }: Place): void {
  assert.equal(readFileSync(join(kept, "disk"), "utf8"), "the loser's records");
  assert.equal(readFileSync(join(keptState, "superblock"), "utf8"), "generation 7");
}

test("the losing copy and its state are kept beside the folder", async (context) => {
  const place = losingCopy(context);
  const { how, folder } = await setAside("cam1", place.folder, "7");
  assert.equal(folder, place.kept);
  isKeptWhole(place);
  assert.equal(existsSync(join(place.folder, "disk")), how === "cloned");
  assert.equal(existsSync(place.state), how === "cloned");
});

test("asked a second time it tells the same and keeps nothing twice", async (context) => {
  const place = losingCopy(context);
  const first = await setAside("cam1", place.folder, "7");
  const second = await setAside("cam1", place.folder, "7");
  assert.deepEqual(second, first);
  isKeptWhole(place);
});

test("cloned, but the daemon died before anybody was told: still a clone", async (context) => {
  const place = losingCopy(context);
  cpSync(place.folder, place.kept, { recursive: true });
  cpSync(place.state, place.keptState, { recursive: true });
  assert.equal((await setAside("cam1", place.folder, "7")).how, "cloned");
  isKeptWhole(place);
});

test("broken off between the two renames it goes on with the state", async (context) => {
  const place = losingCopy(context);
  renameSync(place.folder, place.kept);
  assert.equal((await setAside("cam1", place.folder, "7")).how, "renamed");
  isKeptWhole(place);
  assert.ok(existsSync(place.folder), "there is an empty folder to start anew in");
  assert.ok(!existsSync(place.state));
});

test("files without any state are kept too", async (context) => {
  const place = losingCopy(context);
  rmSync(place.state, { recursive: true });
  assert.equal((await setAside("cam1", place.folder, "unknown")).how, "renamed");
  assert.equal(readFileSync(join(`${place.folder}.kept-unknown`, "disk"), "utf8"), "the loser's records");
});
