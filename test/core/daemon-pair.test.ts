// SPDX-License-Identifier: Apache-2.0
// Two daemons and a module: from first start to failover of roles, with fake engines and a fake hypervisor.
// What the decisions are is proven by transcripts; here: that they reach the world and come back.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { moduleFile, pathsUnder } from "../../core/edge/config/paths.js";
import { writeDurable } from "../../core/edge/record/durable-file.js";
import type { Copies, ModuleStatus } from "../../core/api/contract.js";
import { configureCam1 } from "./pair/cam1.js";
import { Pair, type Node } from "./pair/pair.js";

let pair: Pair;
const vm = { id: randomUUID(), name: "Kamera Süd" };

before(async () => {
  pair = await Pair.up();
});
after(async () => {
  await pair.close();
});

async function module(node: Node): Promise<ModuleStatus | undefined> {
  return (await pair.status(node)).modules.find(({ id }) => id === "cam1");
}

async function stateOf(seenFrom: Node, node: Node): Promise<string | undefined> {
  return (await module(seenFrom))?.nodes.find((one) => one.node === node)?.state;
}

test("configuration-reaches-both-nodes", async () => {
  configureCam1(pair, vm);
  await pair.until("beta knows cam1", async () => (await module("beta")) !== undefined);
  const listed = await pair.gemel("beta", "module", "list");
  assert.match(listed.stdout, /cam1 +Kamera Süd/);
});

test("prim-on-an-empty-folder-ends-at-once", async () => {
  const prim = await pair.gemel("beta", "prim", "cam1", "--timeout", "100");
  assert.equal(prim.code, 1, prim.stderr);
  assert.match(
    prim.stderr,
    /GEMEL-1019 .*empty[\s\S]*prim MODULE --force|GEMEL-1019[\s\S]*prim cam1 --force/,
  );
  const stopped = await pair.gemel("beta", "stop", "cam1", "--timeout", "20");
  assert.equal(stopped.code, 0, stopped.stderr);
});

test("first-start", async () => {
  const prim = await pair.gemel("alpha", "prim", "cam1", "--timeout", "20");
  assert.equal(prim.code, 0, prim.stderr + pair.log("alpha").slice(-3000));
  const start = await pair.gemel("beta", "start", "cam1", "--node", "beta", "--timeout", "20");
  assert.equal(start.code, 0, start.stderr);
  const ready = await pair.gemel("alpha", "wait", "cam1", "--for", "protected", "--timeout", "20");
  assert.equal(ready.code, 0, ready.stderr);
  assert.equal(await stateOf("beta", "alpha"), "PRIM");
  assert.equal(await stateOf("alpha", "beta"), "SECOND");
  assert.equal((await pair.gemel("alpha", "status")).code, 0);
});

test("refusals-have-a-way-out", async () => {
  const unknown = await pair.gemel("alpha", "start", "nothing");
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /GEMEL-1001[\s\S]*next: +gemel module list|next:.*module list/);
  const strange = await pair.gemel("alpha", "start", "cam1", "--node", "gamma");
  assert.equal(strange.code, 1);
  assert.match(strange.stderr, /GEMEL-4012/);
  const path = await pair.gemel("alpha", "start", "../etc/passwd");
  assert.equal(path.code, 1);
});

test("swap", async () => {
  const swapped = await pair.gemel("alpha", "swap", "cam1", "--timeout", "30");
  assert.equal(swapped.code, 0, swapped.stderr + pair.log("alpha").slice(-3000));
  await pair.until("beta runs it", async () => (await stateOf("alpha", "beta")) === "PRIM");
  assert.match(pair.mirrors.file("cam1", "domain.xml") ?? "", /Kamera Süd/);
});

test("said-before-it-is-done", async () => {
  for (const node of ["alpha", "beta"] as const) {
    // How long alpha's guest took to stop reaches beta with the next exchange.
    await pair.until(`${node} knows how long it takes`, async () => {
      const shown = await pair.gemel(node, "swap", "cam1", "--dry-run");
      assert.equal(shown.code, 0, shown.stderr);
      assert.match(shown.stdout, /guest on beta is shut down[\s\S]*starts on alpha/);
      return /It is away for about/.test(shown.stdout);
    });
  }
  const refused = await pair.gemel("alpha", "resolve", "cam1", "--keep", "beta", "--dry-run");
  assert.equal(refused.code, 1);
  assert.match(refused.stdout, /both copies[\s\S]*alpha +beta[\s\S]*Refused now:/);
  const both = await pair.gemel("beta", "resolve", "cam1", "--dry-run", "--json");
  const { copies } = JSON.parse(both.stdout) as { readonly copies: Copies };
  assert.deepEqual(
    copies.copies.map(({ node, live, upToDate, generation }) => [node, live, upToDate, generation.length]),
    [
      ["alpha", true, true, 16],
      ["beta", true, true, 16],
    ],
  );
  assert.equal((await pair.gemel("alpha", "resolve", "cam1")).code, 2, "resolve itself names its winner");
});

test("if-the-host-died", async () => {
  for (const node of ["alpha", "beta"] as const) {
    const found = await module(node);
    assert.equal(found?.sentence, "Protected");
    assert.equal(found.active, "beta");
    assert.match(found.ifHostDied.sentence, /^If beta died now: back in about \d+ s on alpha\.$/);
  }
});

test("alarm-acknowledged-on-one-node-is-so-on-the-other", async () => {
  const id = "no-arbiter";
  const done = await pair.gemel("alpha", "acknowledge", id);
  assert.equal(done.code, 0, done.stderr);
  await pair.until("beta knows who has acknowledged it", async () => {
    const { alarms } = await pair.status("beta");
    return alarms.find((alarm) => alarm.id === id)?.acknowledged?.by === "root";
  });
  const shown = await pair.gemel("beta", "status");
  assert.match(shown.stdout, /No arbiter[\s\S]*acknowledged by root \[no-arbiter\]/);
  const unknown = await pair.gemel("alpha", "acknowledge", "nothing");
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /GEMEL-1018/);
});

test("pause-is-known-to-both-and-survives-a-restart", async () => {
  const paused = await pair.gemel("alpha", "pause", "--why", "new switch");
  assert.equal(paused.code, 0, paused.stderr);
  await pair.until("beta is paused", async () => (await pair.status("beta")).pause?.why === "new switch");
  assert.match((await module("beta"))?.ifHostDied.sentence ?? "", /automatic failover is paused/);
  await pair.stop("alpha", "SIGKILL");
  await pair.start("alpha");
  assert.equal((await pair.status("alpha")).pause?.by, "root");
  const status = await pair.gemel("alpha", "status");
  assert.match(status.stdout, /paused since .* by root \(new switch\)[\s\S]*next: gemel resume/);
  await pair.until("alpha follows again", async () => (await stateOf("beta", "alpha")) === "SECOND");
  const resumed = await pair.gemel("beta", "resume");
  assert.equal(resumed.code, 0, resumed.stderr);
  await pair.until("alpha is not", async () => (await pair.status("alpha")).pause === null);
});

test("a-log-on-a-full-disk-leaves-the-daemon", async () => {
  await pair.stop("alpha", "SIGKILL");
  const log = pair.path("alpha", "log");
  renameSync(log, `${log}.before`);
  symlinkSync("/dev/full", log);
  await pair.start("alpha");
  await pair.until("alpha follows again", async () => (await stateOf("beta", "alpha")) === "SECOND");
  await pair.stop("alpha", "SIGKILL");
  renameSync(`${log}.before`, log);
  await pair.start("alpha");
  await pair.until("alpha follows again", async () => (await stateOf("beta", "alpha")) === "SECOND");
});

test("who-reads-no-further-has-what-was-wanted", () => {
  const program = fileURLToPath(new URL("../../core/cli/main.js", import.meta.url));
  const gemel = `'${process.execPath}' '${program}'`;
  const events = (to: string): { readonly status: number | null; readonly stderr: string } =>
    spawnSync("bash", ["-o", "pipefail", "-c", `${gemel} events ${to}`], {
      env: pair.env("alpha"),
      encoding: "utf8",
    });
  const { status, stderr } = events("| head -0");
  assert.deepEqual([status, stderr], [0, ""]);
  const full = events("> /dev/full");
  assert.equal(full.status, 1);
  assert.match(full.stderr, /^gemel: the output could not be written: .*no space left/i);
});

test("events-and-audit-of-either-node", async () => {
  const audit = await pair.gemel("beta", "audit", "--node", "alpha", "--search", "pause");
  assert.equal(audit.code, 0, audit.stderr);
  assert.match(audit.stdout, /alpha root from local: pause automatic failover.* → accepted/);
  const events = await pair.gemel("alpha", "events", "--kind", "decision", "--module", "cam1", "--csv");
  assert.match(
    events.stdout,
    /^at,node,kind,module,rule,sentence,outcome,by,from,inputs\r\n[^\n]*,alpha,decision,cam1,/,
  );
  const times = [...events.stdout.matchAll(/^\d{4}-[^,]+/gm)].map(([at]) => at);
  assert.ok((times[0] ?? "") < (times.at(-1) ?? ""), "more than one moment is told");
  assert.deepEqual(times, [...times].sort(), "oldest first, as a log is read");
  const none = await pair.gemel("alpha", "events", "--since", "2100-01-01", "--json");
  assert.equal(none.stdout.trim(), "[]");
  assert.equal((await pair.gemel("alpha", "events", "--since", "soon")).code, 2);
});

test("daemon-restart-keeps-the-secondary", async () => {
  const before_ = pair.mirrors.pid("alpha", "cam1");
  await pair.stop("alpha", "SIGKILL");
  await pair.start("alpha");
  await pair.until("alpha follows again", async () => (await stateOf("beta", "alpha")) === "SECOND");
  assert.equal(pair.mirrors.pid("alpha", "cam1"), before_);
});

test("settings-change-on-both", async () => {
  const set = await pair.gemel("alpha", "module", "set", "cam1", "--failover", "off");
  assert.equal(set.code, 0, set.stderr);
  await pair.until("beta has it", async () =>
    /failover="off"/.test((await pair.gemel("beta", "module", "show", "cam1")).stdout),
  );
});

test("wishes-of-placement-reach-both-nodes", async () => {
  const set = await pair.gemel("alpha", "module", "set", "cam1", "--pin", "beta", "--apart", "recorders");
  assert.equal(set.code, 0, set.stderr);
  await pair.until("beta has it", async () =>
    /<placement pin="beta" apart="recorders"/.test(
      (await pair.gemel("beta", "module", "show", "cam1")).stdout,
    ),
  );
  const strange = await pair.gemel("alpha", "module", "set", "cam1", "--pin", "gamma");
  assert.equal(strange.code, 1);
  assert.match(strange.stderr, /pin must be one of: alpha, beta/);
  const none = await pair.gemel("alpha", "module", "set", "cam1", "--pin", "none", "--apart", "none");
  assert.doesNotMatch(none.stdout, /placement/);
});

test("stop-both", async () => {
  const stopped = await pair.gemel("alpha", "stop", "cam1", "--timeout", "30");
  assert.equal(stopped.code, 0, stopped.stderr);
  const waited = await pair.gemel("alpha", "wait", "cam1", "--for", "STOP", "--timeout", "20");
  assert.equal(waited.code, 0, waited.stderr);
  assert.equal((await pair.gemel("alpha", "status")).code, 11);
});

test("silent-daemon-shows-what-it-left", async () => {
  await pair.gemel("alpha", "explain", "cam1");
  await pair.stop("alpha", "SIGTERM");
  const status = await pair.gemel("alpha", "status");
  assert.equal(status.code, 4);
  assert.match(status.stderr, /silent/);
  assert.match(status.stdout, /cam1/);
  const explained = await pair.gemel("alpha", "explain", "cam1");
  assert.equal(explained.code, 4);
  assert.match(explained.stdout, /because/);
});

test("module-removed-while-the-other-was-away-is-forgotten", async () => {
  const shown = await pair.gemel("beta", "module", "show", "cam1", "--json");
  const uuid = /uuid=\\?"([0-9a-f-]{36})/.exec(shown.stdout)?.[1];
  assert.ok(uuid !== undefined, shown.stdout);
  // What unprotect leaves on the node where it was done.
  const paths = pathsUnder({ etc: pair.path("alpha", "etc"), state: pair.path("alpha", "state"), run: "" });
  rmSync(dirname(moduleFile(paths, "cam1")), { recursive: true });
  writeDurable(pair.path("alpha", "state", "removed.json"), 1, [uuid]);
  await pair.start("alpha");
  await pair.until("beta has forgotten it", async () => (await module("beta")) === undefined);
  assert.equal(await module("alpha"), undefined);
});
