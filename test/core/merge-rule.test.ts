// SPDX-License-Identifier: Apache-2.0
// R106: what both nodes have changed while they were cut becomes one, the same on both, and who has lost
// something is told what; a hand edit is a change like any other.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { seconds } from "../../core/base/units.js";
import { homeSwapsMax } from "../../core/base/limits/decision.js";
import { changedEntries, lostEntries, merge } from "../../core/edge/cluster/shared-entries.js";
import { Modules } from "../../core/edge/config/modules.js";
import { moduleFile, pathsUnder, type Paths } from "../../core/edge/config/paths.js";
import { newSettings } from "../../core/protect/plan.js";
import { Player } from "../../core/sim/transcript.js";
import { settle } from "../scenarios/settle.js";

const vm = { id: "0b2a", name: "Cam 1" };
const settings = newSettings({ vm, folder: "/vm/cam1", nodes: ["alpha", "beta"], index: 3, excluded: [] });

interface Side {
  readonly paths: Paths;
  readonly modules: Modules;
  readonly said: string[];
}

function side(context: TestContext): Side {
  const root = mkdtempSync(join(tmpdir(), "gemel-merge-"));
  context.after(() => rmSync(root, { recursive: true }));
  const paths = pathsUnder({ etc: join(root, "etc"), state: join(root, "lib"), run: join(root, "run") });
  return again(paths);
}

/** A daemon that starts with what the last one has left. */
function again(paths: Paths): Side {
  const said: string[] = [];
  const nothing = (): void => undefined;
  const modules = new Modules(paths, {
    configured: nothing,
    removed: nothing,
    said: (_id, sentence, outcome) => said.push(`${sentence} ${outcome}`),
  });
  modules.reread();
  return { paths, modules, said };
}

/** They meet: each offers what it has. */
function meet(one: Side, other: Side): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const)
    if (to.modules.offer("cam1", from.modules.expect("cam1")) === "taken") from.modules.told("cam1");
}

let edits = 1;
function editByHand({ paths, modules }: Side, from: string, to: string): void {
  const file = moduleFile(paths, "cam1");
  writeFileSync(file, readFileSync(file, "utf8").replace(from, to));
  const later = 2_000_000_000 + edits++;
  utimesSync(file, later, later);
  modules.reread();
}

test("settings-changed-on-both-while-cut", (context) => {
  for (const firstIsAlpha of [true, false]) {
    const [alpha, beta] = [side(context), side(context)];
    alpha.modules.create("cam1", settings);
    meet(alpha, beta);
    alpha.modules.change("cam1", { failover: false });
    beta.modules.change("cam1", { maxLoop: 7 });
    if (firstIsAlpha) meet(alpha, beta);
    else meet(beta, alpha);
    const [a, b] = [alpha, beta].map(({ modules }) => modules.expect("cam1"));
    assert.deepEqual(a, b, "both have the same");
    const loser = a?.failover === false ? beta : alpha;
    const told = loser.said.at(-1) ?? "";
    assert.match(told, /Both nodes have changed[\s\S]*failover: (true|false) →[\s\S]*maxLoop: \d+ →/);
    meet(alpha, beta);
    assert.equal(alpha.said.length + beta.said.length, 1, "and then nothing more");
  }
});

test("settings-edited-by-hand-travel", (context) => {
  const [alpha, beta] = [side(context), side(context)];
  alpha.modules.create("cam1", settings);
  meet(alpha, beta);
  editByHand(beta, 'failover="on"', 'failover="off"');
  const edited = readFileSync(moduleFile(beta.paths, "cam1"), "utf8");
  assert.equal(beta.modules.expect("cam1").revision, settings.revision + 1);
  assert.match(beta.said.join(), /userconfig\.xml was edited\. failover: true → false/);
  const restarted = again(beta.paths);
  assert.deepEqual(restarted.said, [], "it is known already");
  meet(alpha, restarted);
  assert.equal(alpha.modules.expect("cam1").failover, false);
  assert.match(alpha.said.join(), /The other node has changed the settings\. failover: true → false/);
  assert.equal(readFileSync(moduleFile(beta.paths, "cam1"), "utf8"), edited, "the person's file stays");

  editByHand(alpha, "<safe", "<!-- a word -->\n<safe");
  assert.equal(alpha.modules.expect("cam1").revision, settings.revision + 1, "nothing new was said");
});

test("settings-edited-by-hand-keep-what-the-module-is", (context) => {
  const alpha = side(context);
  alpha.modules.create("cam1", settings);
  editByHand(alpha, 'index="3"', 'index="4"');
  assert.equal(alpha.modules.expect("cam1").index, 3);
  assert.match(
    alpha.modules.troubleOf("cam1")?.message ?? "",
    /index cannot be changed here: it is 3, not 4/,
  );
  assert.equal(again(alpha.paths).modules.expect("cam1").index, 3, "nor over a restart");
  editByHand(alpha, 'index="4"', 'index="3"');
  assert.equal(alpha.modules.troubleOf("cam1"), undefined);
});

test("shared-entry-changed-on-both-while-cut", () => {
  const pause = { since: "s", by: "a", why: "w" };
  const before = changedEntries({}, "alpha", "pause", "", pause);
  const alpha = changedEntries(before, "alpha", "pause", "", null);
  const beta = changedEntries(before, "beta", "pause", "", { ...pause, why: "other" });
  assert.deepEqual(lostEntries(alpha, merge(alpha, beta), "alpha"), ["pause"]);
  assert.deepEqual(lostEntries(beta, merge(beta, alpha), "beta"), []);
});

test("homes-that-contradict-each-other", async () => {
  let starts = 0;
  const player = new Player(settle);
  await player.play("homes", "given pair");
  player.cluster.onVmStart = () => (starts += 1);
  for (const host of player.cluster.hosts) {
    const [config] = player.cluster.configs;
    assert.ok(config !== undefined);
    const home = player.cluster.other(host).name;
    host.report({
      kind: "module-configured",
      config: { ...config, defaultPrim: { kind: "node", node: home } },
    });
  }
  await player.cluster.run(seconds(1200));
  assert.ok(starts > 0 && starts <= 2 * homeSwapsMax, `${starts} starts within twenty minutes`);
  const troubles = player.cluster.hosts.flatMap(({ state }) =>
    Object.values(state?.modules ?? {}).map(({ trouble }) => trouble?.code),
  );
  assert.ok(troubles.includes("GEMEL-1022"), "it is told");
});
