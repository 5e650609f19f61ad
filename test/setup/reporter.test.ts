// SPDX-License-Identifier: Apache-2.0
// What a run says of its tests: how each ended, and what it has measured or seen on the way.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { reportOf, runTestFile } from "../runner/file.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const file = `
import { test } from "node:test";
test("measures", (context) => context.diagnostic("4.2 s after the kill"));
test("fails", (context) => { context.diagnostic("what was on the screen"); throw new Error("no card"); });
test("is silent", () => undefined);
test("waits", { skip: "no device" }, () => undefined);
`;

test("reporter-keeps-what-a-test-says: with the test that said it, whether it passed or failed", async () => {
  const dir = mkdtempSync(join(tmpdir(), "gemel-reporter-"));
  const path = relative(join(root, "dist"), join(dir, "story.mjs"));
  try {
    writeFileSync(join(dir, "story.mjs"), file);
    const environment = { ...process.env };
    delete environment["NODE_TEST_CONTEXT"];
    const tests = await runTestFile(root, path, 30_000, environment);
    assert.deepEqual(
      tests.map(({ name, status, notes = [] }) => [name, status, ...notes]),
      [
        ["measures", "passed", "4.2 s after the kill"],
        ["fails", "failed", "what was on the screen"],
        ["is silent", "passed"],
        ["waits", "skipped"],
      ],
    );
    assert.match(tests[1]?.reason ?? "", /no card/);
    assert.equal(tests[3]?.reason, "no device");
  } finally {
    rmSync(dir, { recursive: true, force: true });
    rmSync(reportOf(root, path), { force: true });
  }
});
