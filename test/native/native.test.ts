// SPDX-License-Identifier: Apache-2.0
/**
 * The C++ tests of the data plane, each under its own name.
 *
 * They are built here (cmake keeps what is unchanged), each executable runs once, and every `ok` or `not
 * ok` that it prints is one test. A test that its executable never came to has failed: a crash takes down
 * whoever comes after it.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { buildCpp, cppBuild, cppSources } from "./cmake.js";

const root = resolve(import.meta.dirname, "../../..");
const executables = readdirSync(cppSources)
  .filter((name) => name.endsWith("_test.cc"))
  .map((name) => name.replace(/\.cc$/, ""))
  .sort();

type Outcome = { readonly lines: ReadonlyMap<string, string>; readonly ending: string };

function namesOf(executable: string): readonly string[] {
  const path = join(cppBuild, executable);
  if (!existsSync(path)) return [];
  const listed = spawnSync(path, ["--list"], { encoding: "utf8" });
  return listed.stdout.split("\n").filter((name) => name !== "");
}

async function run(executable: string): Promise<Outcome> {
  const child = spawn(join(cppBuild, executable), { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const lines = new Map<string, string>();
  const output: string[] = [];
  const hear = (text: string): void => {
    output.push(text);
  };
  child.stdout.setEncoding("utf8").on("data", hear);
  child.stderr.setEncoding("utf8").on("data", hear);
  const ending = await new Promise<string>((ended) => {
    child.on("close", (code, signal) => {
      ended(signal === null ? `exit status ${String(code)}` : signal);
    });
  });
  const text = output.join("");
  for (const line of text.split("\n")) {
    const found = /^(?:not )?ok ([a-z0-9_]+)/.exec(line);
    if (found?.[1] !== undefined) lines.set(found[1], line);
  }
  return { lines, ending: `${ending}\n${text.slice(-4000)}` };
}

const buildProblem = buildCpp();
test("native-tests-build", () => {
  assert.equal(buildProblem, "");
});

for (const executable of executables) {
  let outcome: Promise<Outcome> | undefined;
  for (const name of namesOf(executable)) {
    test(name.replaceAll("_", "-"), async () => {
      outcome ??= run(executable);
      const { lines, ending } = await outcome;
      assert.equal(lines.get(name) ?? `${executable} never came to it: ${ending}`, `ok ${name}`);
    });
  }
}
