// SPDX-License-Identifier: Apache-2.0
/** What systemd is told: who goes down after whom, and that the daemon always comes back. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connectionsMax } from "../../core/base/limits/access.js";
import { unitProperties } from "../../core/edge/mirror/launch.js";
import { root } from "../architecture/tree.js";

const unit = (name: string): string => readFileSync(join(root, "setup/systemd", name), "utf8");
const valuesOf = (lines: readonly string[], key: string): readonly string[] =>
  lines.flatMap((line) => (line.startsWith(`${key}=`) ? line.slice(key.length + 1).split(" ") : []));

test("mirror-units-go-after-the-guests: ordered, and not killed under a guest that ends slowly", () => {
  const properties = unitProperties({ log: "/run/gemel/mirror/cam1.log" });
  const before = valuesOf(properties, "Before");
  for (const guests of ["gemel-guests.service", "libvirt-guests.service"]) assert.ok(before.includes(guests));
  assert.ok(valuesOf(properties, "After").includes("network-online.target"));
  assert.ok(Number(valuesOf(properties, "TimeoutStopSec")[0]) > 90);
  const guests = unit("gemel-guests.service").split("\n");
  assert.ok(valuesOf(guests, "After").includes("gemel.service"), "the daemon answers until they have left");
});

test("daemon-is-never-given-up: no start limit", () => {
  const [head = ""] = unit("gemel.service").split("[Service]");
  assert.deepEqual(valuesOf(head.split("\n"), "StartLimitIntervalSec"), ["0"]);
});

test("daemon-alone-is-bounded: descriptors for more than all strangers, memory so that no guest pays", () => {
  const daemon = unit("gemel.service").split("\n");
  const descriptors = Number(valuesOf(daemon, "LimitNOFILE")[0]);
  assert.ok(descriptors >= 4 * connectionsMax, "files, mirrors and other nodes have the larger part");
  assert.equal(valuesOf(daemon, "MemoryMax").length, 1);
  const mirror = unitProperties({ log: "/run/gemel/mirror/cam1.log" });
  assert.deepEqual(valuesOf(mirror, "MemoryMax"), [], "at a limit its guest would hang");
});
