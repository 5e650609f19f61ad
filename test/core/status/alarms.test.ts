// SPDX-License-Identifier: Apache-2.0
// Alarms: one per cause, the same id from either node, since when, and acknowledged until they are over.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModuleOnNode, ModuleStatus } from "../../../core/api/contract.js";
import { instant } from "../../../core/base/units.js";
import { AlarmBook, toldAlarms, type Acknowledgement } from "../../../core/describe/alarm/alarm-book.js";
import { alarmsOf, type AlarmFacts, type FoundAlarm } from "../../../core/describe/alarm/alarms.js";
import { factsOf } from "../../../core/describe/node-facts.js";
import { alarmFacts, moduleStatus, nodeStatus } from "./pictures.js";

const ids = (more: Partial<AlarmFacts>): readonly string[] => alarmsOf(alarmFacts(more)).map(({ id }) => id);

const row = (node: string, more: Partial<ModuleOnNode>): ModuleOnNode => ({
  node,
  state: "PRIM",
  stability: "Ready",
  upToDate: true,
  generation: "",
  session: 1,
  reason: "none",
  since: "",
  vm: "on",
  live: true,
  ...more,
});

test("alarms-quiet: nothing wrong, nothing said", () => {
  assert.deepEqual(ids({}), []);
});

test("alarms-cluster: no arbiter and a pause are red", () => {
  const found = alarmsOf(alarmFacts({ arbiter: "none", pause: "03:12 UTC by admin (maintenance)" }));
  assert.deepEqual(
    found.map(({ id, severity }) => [id, severity]),
    [
      ["no-arbiter", "red"],
      ["paused", "red"],
    ],
  );
  assert.match(found[1]?.sentence ?? "", /paused since 03:12 UTC by admin \(maintenance\)/);
  assert.deepEqual(ids({ arbiter: "none", modules: [] }), [], "with nothing to protect nothing can split");
});

test("alarms-nodes: down, deaf or one network less, never two of them for one cause", () => {
  const silent = [
    { name: "data", heard: false },
    { name: "heart", heard: false },
  ];
  const nodes = (more: object): AlarmFacts["nodes"] => [nodeStatus("alpha"), nodeStatus("beta", more)];
  assert.deepEqual(ids({ nodes: nodes({ reachable: false, daemon: "silent", networks: silent }) }), [
    "node:beta",
  ]);
  assert.deepEqual(ids({ nodes: nodes({ daemon: "silent", networks: silent }) }), ["daemon:beta"]);
  assert.deepEqual(ids({ nodes: nodes({ networks: [{ name: "data", heard: false }] }) }), [
    "network:alpha:beta:data",
  ]);
  const gone = { addressesGone: new Map([["data", "10.0.0.2"]]) };
  const [alarm, ...more] = alarmsOf(
    alarmFacts({ nodes: nodes({ networks: [{ name: "data", heard: false }] }), ...gone }),
  );
  assert.equal(more.length, 0, "the cable is not to blame for an address that is gone");
  assert.equal(alarm?.sentence, "alpha no longer has 10.0.0.2, its address in network data.");
});

test("alarms-standby: amber, with its repair, and the same from either node", () => {
  const trouble = { code: "GEMEL-3011", where: "cam1", message: "On beta: no bridge br1", next: "Make br1" };
  const found = alarmsOf(alarmFacts({ modules: [moduleStatus({ colour: "amber", troubles: [trouble] })] }));
  assert.deepEqual(
    found.map(({ id, severity, next }) => [id, severity, next]),
    [["standby:cam1", "amber", "Make br1"]],
  );
});

test("alarms-network-id: the same from both ends", () => {
  const networks = [{ name: "data", heard: false }];
  const here = ids({ nodes: [nodeStatus("alpha"), nodeStatus("beta", { networks })] });
  const there = ids({ self: "beta", nodes: [nodeStatus("alpha", { networks }), nodeStatus("beta")] });
  assert.deepEqual(here, there);
});

test("alarms-modules: unprotected, not ready, conflict; what is stopped on purpose is none", () => {
  const alone = {
    protected: false,
    colour: "amber",
    sentence: "Unprotected: beta is down since 03:12",
  } as const;
  const running = [row("alpha", { state: "ALONE", reason: "alone", stability: "Transient" })];
  const unprotected = alarmsOf(alarmFacts({ modules: [moduleStatus({ ...alone, nodes: running })] }));
  assert.deepEqual([unprotected[0]?.id, unprotected[0]?.severity], ["unprotected:cam1", "red"]);
  assert.equal(unprotected[0]?.sentence, "cam1: Unprotected: beta is down since 03:12.");
  const waiting = [row("alpha", { state: "WAIT", reason: "peer-silent", stability: "NotReady", vm: "off" })];
  const stuck = moduleStatus({ protected: false, colour: "red", active: null, nodes: waiting });
  assert.deepEqual(ids({ modules: [stuck] }), ["not-ready:cam1"]);
  assert.deepEqual(ids({ modules: [{ ...stuck, conflict: true }] }), ["conflict:cam1"]);
  const off = ["alpha", "beta"].map((node) => row(node, { state: "STOP", reason: "stopped-by-person" }));
  assert.deepEqual(ids({ modules: [{ ...stuck, nodes: off }] }), []);
  assert.deepEqual(ids({ modules: [moduleStatus({ partly: true })] }), ["partly:cam1"]);
});

test("alarms-next: the way out is the failure's own, else the reason's, with the node to type it on", () => {
  const nextOf = (more: Partial<ModuleStatus>): string | undefined =>
    alarmsOf(
      alarmFacts({ modules: [moduleStatus({ protected: false, colour: "red", active: null, ...more })] }),
    )[0]?.next;
  const waiting = (reason: string): readonly ModuleOnNode[] => [
    row("alpha", { state: "WAIT", reason, stability: "NotReady", vm: "off" }),
    row("beta", { state: "STOP", reason: "none", vm: "off", live: false }),
  ];
  const steps: readonly (readonly [string, string])[] = [
    ["peer-silent", "Bring beta back; or, accepting what would be lost: gemel prim cam1"],
    ["failover-off", "On alpha: gemel prim cam1"],
    ["peer-must-start", "On alpha: gemel start cam1"],
    ["hypervisor-lost", "On alpha: systemctl start libvirtd"],
    ["a-reason-of-tomorrow", "gemel explain cam1"],
  ];
  for (const [reason, next] of steps) assert.equal(nextOf({ nodes: waiting(reason) }), next, reason);
  const full = { code: "GEMEL-2003", where: "cam1", message: "No space.", next: "Free 3 GiB on alpha." };
  assert.equal(nextOf({ nodes: waiting("failed"), troubles: [full] }), "Free 3 GiB on alpha.");
  const alone = [
    row("alpha", { state: "ALONE", reason: "alone", stability: "Transient" }),
    row("beta", { live: false }),
  ];
  assert.equal(nextOf({ active: "alpha", nodes: alone }), "Bring beta back: its copy catches up by itself.");
  const barred = [
    row("alpha", { state: "ALONE", reason: "alone" }),
    row("beta", { state: "STOP", reason: "maxloop" }),
  ];
  assert.equal(
    nextOf({ active: "alpha", nodes: barred }),
    "On beta: gemel explain cam1, then gemel start cam1",
  );
});

test("alarms-host: disks once per file system, certificates, what cannot be written", () => {
  const disk = { fileSystem: "uuid-1", usedShare: 0.93 };
  const found = alarmsOf(
    alarmFacts({
      disks: [
        { ...disk, module: "cam1" },
        { ...disk, module: "bms1" },
        { fileSystem: "uuid-2", module: "vms1", usedShare: 0.9 },
      ],
      certificates: [
        { use: "node", daysLeft: 12 },
        { use: "cluster CA", daysLeft: 3000 },
      ],
      unwritable: [{ what: "history", why: "ENOSPC" }],
      hypervisorLost: true,
    }),
  );
  assert.deepEqual(
    found.map(({ id }) => id),
    ["disk:alpha:uuid-1", "hypervisor:alpha", "certificate:alpha:node", "unwritable:alpha:history"],
  );
  assert.match(found[0]?.sentence ?? "", /93 % full/);
});

test("alarms-clock: beyond the limit even in the worst case, by both nodes under one name", () => {
  const peer = { node: "beta", version: "0.1.0", clockMs: 7_000, clockErrorMs: 500 };
  assert.deepEqual(ids({ peers: [peer] }), ["clock:alpha:beta"]);
  assert.deepEqual(ids({ self: "beta", peers: [{ ...peer, node: "alpha", clockMs: -7_000 }] }), [
    "clock:alpha:beta",
  ]);
  assert.deepEqual(ids({ peers: [{ ...peer, clockErrorMs: 2_500 }] }), [], "a slow answer proves nothing");
  assert.deepEqual(ids({ peers: [{ ...peer, clockMs: 0, version: "0.2.0" }] }), ["version:alpha:beta"]);
});

test("node-facts: the round trip bounds the error; nonsense is not taken", () => {
  const told = factsOf("beta", { version: "0.1.0", wallMs: 10_000, alarms: [{}], measures: 3 }, 1_000, 1_400);
  assert.deepEqual([told?.clockMs, told?.clockErrorMs, told?.alarms, told?.measures], [8_800, 200, [], {}]);
  assert.equal(factsOf("beta", "nonsense", 0, 0), undefined);
  assert.equal(factsOf("beta", { version: 1, wallMs: 2 }, 0, 0), undefined);
});

function bookWith(): {
  readonly book: AlarmBook;
  readonly acks: Map<string, Acknowledgement>;
  readonly pass: (ms: number) => void;
} {
  let now = 1_000_000;
  const acks = new Map<string, Acknowledgement>();
  const book = new AlarmBook({
    now: () => instant(now),
    wall: () => new Date(now).toISOString(),
    acknowledged: () => acks,
    forget: (id) => void acks.delete(id),
  });
  return { book, acks, pass: (ms) => void (now += ms) };
}

const trouble: FoundAlarm = { id: "node:beta", severity: "red", code: "node-down", sentence: "x", next: "y" };

test("alarm-book-since: remembered while it lasts, new when it comes back", () => {
  const { book, pass } = bookWith();
  const [first] = book.show([trouble], []);
  pass(30_000);
  assert.equal(book.show([trouble], [])[0]?.since, first?.since);
  book.show([], []);
  pass(1_000);
  assert.notEqual(book.show([trouble], [])[0]?.since, first?.since);
});

test("alarm-book-acknowledged: until it has been over for a while", () => {
  const { book, acks, pass } = bookWith();
  acks.set("node:beta", { by: "admin", at: "now" });
  assert.deepEqual(book.show([trouble], [])[0]?.acknowledged, { by: "admin", at: "now" });
  book.show([], []);
  pass(50_000);
  book.show([], []);
  assert.ok(acks.has("node:beta"), "a short break is the same trouble");
  pass(20_000);
  book.show([], []);
  assert.ok(!acks.has("node:beta"));
});

test("alarm-book-restart: an acknowledgement found at the start is given its time", () => {
  const { book, acks, pass } = bookWith();
  acks.set("node:beta", { by: "admin", at: "now" });
  book.show([], []);
  pass(30_000);
  book.show([trouble], []);
  pass(50_000);
  book.show([trouble], []);
  assert.ok(acks.has("node:beta"));
});

test("alarm-book-both-nodes: the other one's are shown, its own view of the same cause is not", () => {
  const { book } = bookWith();
  const theirs = toldAlarms([
    { ...trouble, since: "then" },
    { ...trouble, id: "disk:beta:1", since: "then" },
    { id: 3 },
  ]);
  const shown = book.show([trouble], theirs);
  assert.deepEqual(
    shown.map(({ id }) => id),
    ["disk:beta:1", "node:beta"],
  );
  assert.deepEqual(
    book.found.map(({ id }) => id),
    ["node:beta"],
    "only its own are told on",
  );
});
