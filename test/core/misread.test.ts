// SPDX-License-Identifier: Apache-2.0
// Files that people write and that cannot be read (R103): what was last read counts, also for a daemon that
// has just started; nothing is forgotten, nothing is written over, and a mended file counts at once.

import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { GemelError } from "../../core/base/errors.js";
import { moduleId, nodeName } from "../../core/base/units.js";
import { writeCluster, parseCluster, type ClusterConfig } from "../../core/edge/config/cluster-file.js";
import { ClusterSettings } from "../../core/edge/config/cluster-settings.js";
import { Modules } from "../../core/edge/config/modules.js";
import { moduleFile, pathsUnder, type Paths } from "../../core/edge/config/paths.js";
import type { Member } from "../../core/edge/network/cluster-network.js";
import { stateAtStart } from "../../core/edge/record/initial-state.js";
import { newDurable, step } from "../../core/decide/mirror/step.js";
import { instant } from "../../core/base/units.js";
import { newSettings } from "../../core/protect/plan.js";
import { writeMarks } from "../../kvm/install/guard.js";

const cam1 = moduleId("cam1");
const vm = { id: "0b2a", name: "Cam 1" };
const settings = newSettings({ vm, folder: "/vm/cam1", nodes: ["alpha", "beta"], index: 3, excluded: [] });
const config = { networks: [], nodes: [] } as unknown as ClusterConfig;
const member = { config, card: { node: nodeName("alpha") } } as Member;

function place(context: TestContext): Paths {
  const root = mkdtempSync(join(tmpdir(), "gemel-misread-"));
  context.after(() => rmSync(root, { recursive: true }));
  return pathsUnder({ etc: join(root, "etc"), state: join(root, "lib"), run: join(root, "run") });
}

/** As a daemon that starts has them. */
function begin(paths: Paths): { readonly modules: Modules; readonly said: string[]; seen: string[] } {
  const said: string[] = [];
  const seen: string[] = [];
  const modules = new Modules(paths, {
    configured: ({ id }) => seen.push(id),
    removed: () => undefined,
    said: (_id, sentence) => said.push(sentence),
  });
  modules.reread();
  return { modules, said, seen };
}

function edit(paths: Paths, text: string): void {
  const file = moduleFile(paths, "cam1");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  // Whatever the file system's clock makes of two edits at once.
  const later = statSync(file).mtimeMs / 1000 + edits++;
  utimesSync(file, later, later);
}
let edits = 1;

const refusesChange = (modules: Modules): void =>
  assert.throws(
    () => modules.change("cam1", { failover: false }),
    (error) => error instanceof GemelError && error.code === "GEMEL-4024",
  );

test("module-file-with-a-typo-and-a-daemon-restart", (context) =>
  restarted(context, (text) => text.replace("<nodes>", "<nodez>")));

test("module-file-of-a-newer-format-and-a-daemon-restart", (context) =>
  restarted(context, (text) => text.replace('format="1"', 'format="7"')));

test("module-file-with-nothing-in-it-and-a-daemon-restart", (context) => restarted(context, () => ""));

function restarted(context: TestContext, spoil: (text: string) => string): void {
  const paths = place(context);
  begin(paths).modules.create("cam1", settings);
  const whole = readFileSync(moduleFile(paths, "cam1"), "utf8");
  edit(paths, spoil(whole));
  const spoilt = readFileSync(moduleFile(paths, "cam1"), "utf8");

  const { modules, said, seen } = begin(paths);
  assert.deepEqual(modules.ids(), ["cam1"], "a known module with a fault");
  assert.deepEqual(modules.expect("cam1"), settings);
  assert.deepEqual(seen, ["cam1"]);
  assert.match(modules.troubleOf("cam1")?.message ?? "", /userconfig\.xml, line \d+: /);
  assert.equal(said.length, 1);
  modules.reread();
  assert.equal(said.length, 1, "it is told once");
  refusesChange(modules);
  assert.equal(modules.offer("cam1", { ...settings, revision: 9, failover: false }), "taken");
  assert.equal(modules.expect("cam1").failover, false, "the other node's newer settings count");
  assert.equal(readFileSync(moduleFile(paths, "cam1"), "utf8"), spoilt, "nothing is written over");

  edit(paths, whole.replace(/revision="\d+"/, 'revision="10"'));
  modules.reread();
  assert.equal(modules.troubleOf("cam1"), undefined);
  assert.equal(modules.expect("cam1").failover, true, "mended, and without a restart");
  modules.remove("cam1");
  assert.deepEqual(begin(paths).modules.ids(), [], "what was let go is gone");
}

test("module-file-is-gone-or-no-file", (context) => {
  const paths = place(context);
  const first = begin(paths).modules;
  first.create("cam1", settings);
  rmSync(moduleFile(paths, "cam1"));
  assert.match(begin(paths).modules.troubleOf("cam1")?.message ?? "", /it is gone/);
  mkdirSync(moduleFile(paths, "cam1"));
  const { modules } = begin(paths);
  assert.match(modules.troubleOf("cam1")?.message ?? "", /cannot be read \(EISDIR\)/);
  assert.deepEqual(modules.expect("cam1"), settings);
  first.reread();
  assert.deepEqual(first.expect("cam1"), settings, "while the daemon runs, too");
});

test("module-of-which-nothing-was-kept-keeps-record-and-mark", async (context) => {
  const paths = place(context);
  begin(paths).modules.create("cam1", settings);
  const wish = { kind: "run", as: "any" } as const;
  const before = stateAtStart(paths, "run", member, new Map([[cam1, settings]]), undefined);
  const known = before.state.modules[cam1];
  assert.ok(known !== undefined);
  const durable = { ...newDurable, wish };
  await before.keep({ ...before.state, modules: { [cam1]: { ...known, durable } } });
  const whole = readFileSync(moduleFile(paths, "cam1"), "utf8");
  edit(paths, "<safe");
  rmSync(paths.keptSettings, { recursive: true });

  const { modules, seen } = begin(paths);
  assert.deepEqual([modules.ids(), modules.unknown(), modules.troubles().length], [[], ["cam1"], 1]);
  const places = { hooks: join(paths.etc, "hooks"), marks: paths.guardMarks };
  await writeMarks(places, [{ id: vm.id, module: "cam1" }]);
  await writeMarks(places, [], modules.unknown());
  assert.equal(readFileSync(join(paths.guardMarks, vm.id), "utf8"), "cam1\n", "the mark stays");

  const blind = stateAtStart(paths, "next", member, new Map(), undefined, modules.unknown());
  await blind.keep(blind.state);
  const again = stateAtStart(paths, "next", member, new Map(), undefined, modules.unknown());
  assert.deepEqual(again.unread.get(cam1)?.wish, wish, "the record is carried on");

  edit(paths, whole);
  modules.reread();
  assert.deepEqual(seen, ["cam1"]);
  const asked = { kind: "module-configured", config: known.config, durable } as const;
  const taken = step(again.state, { ...asked, at: instant(again.state.turn) }).state.modules[cam1];
  assert.deepEqual(taken?.phase, { state: "WAIT", work: { kind: "discovering" } }, "it is looked for");
  assert.deepEqual(taken.durable.wish, wish);
});

test("cluster-file-with-a-typo-and-a-daemon-restart", (context) => {
  const paths = place(context);
  const self = nodeName("alpha");
  const text = `<cluster name="c" uuid="6f0f8d7e-0000-4000-8000-000000000001" format="1"><networks>
<network name="data" cidr="10.0.0.0/24"/></networks><nodes><node name="alpha">
<address network="data" ip="10.0.0.1"/></node></nodes></cluster>`;
  mkdirSync(paths.etc, { recursive: true });
  writeFileSync(paths.clusterFile, text);
  const said: string[] = [];
  const settingsOf = (): ClusterSettings => new ClusterSettings(paths, (sentence) => said.push(sentence));
  const read = writeCluster(parseCluster(text));
  assert.equal(writeCluster(settingsOf().read(self) ?? config), read);

  for (const spoilt of [text.replace("cidr", "cidre"), text.replace('"alpha"', '"gamma"')]) {
    writeFileSync(paths.clusterFile, spoilt);
    const again = settingsOf();
    assert.equal(writeCluster(again.read(self) ?? config), read, "what was last read counts");
    assert.match(again.fault?.message ?? "", /cluster\.xml(, line 2: .*cidr|: it does not name this node)/);
    writeFileSync(paths.clusterFile, text);
    assert.ok(again.read(self) !== undefined && again.fault === undefined, "mended");
  }
  rmSync(paths.clusterFile);
  const gone = settingsOf();
  assert.equal(writeCluster(gone.read(self) ?? config), read);
  assert.match(gone.fault?.message ?? "", /it is gone/);
  assert.equal(said.length, 5);
});
