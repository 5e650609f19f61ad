// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run check`: types, lint, format of TypeScript and C++, and the architecture's rules.
 *
 * All of them run, whatever fails, so that one look shows everything that is to be mended.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./build.mjs";

const tool = (/** @type {string} */ name) => join(root, "node_modules", ".bin", name);

const checks = [
  { name: "types", argv: [tool("tsc"), "-p", ".", "--noEmit", "--incremental", "false"] },
  { name: "types of the console", argv: [tool("tsc"), "-p", "ui"] },
  { name: "lint", argv: [tool("eslint"), "--cache", "--cache-location", "build/eslint-cache", "."] },
  { name: "format", argv: [tool("prettier"), "--check", "--log-level", "warn", "."], mend: "npm run format" },
  {
    name: "format of C++",
    argv: ["clang-format", "--dry-run", "--Werror", ...tracked("*.cc", "*.h", "*.c")],
    mend: "npm run format",
  },
  {
    name: "architecture",
    argv: [
      process.execPath,
      "--enable-source-maps",
      "--test-reporter=spec",
      "dist/test/architecture.test.js",
    ],
  },
];

const failed = checks.filter(({ name, argv, mend }) => {
  const began = performance.now();
  const [program = "", ...rest] = argv;
  const { status, error, stdout, stderr } = spawnSync(program, rest, { cwd: root, encoding: "utf8" });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (status === 0) return false;
  console.log(`${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`.trimEnd());
  if (mend !== undefined) console.log(`Mend it with: ${mend}`);
  return true;
});

if (failed.length > 0) {
  console.log(`Failed: ${failed.map(({ name }) => name).join(", ")}`);
  process.exitCode = 1;
}

/** Files that git tracks, and new ones that it does not ignore. @param {string[]} patterns */
function tracked(...patterns) {
  const argv = ["ls-files", "--cached", "--others", "--exclude-standard", ...patterns];
  const listing = spawnSync("git", argv, { cwd: root, encoding: "utf8" });
  const deleted = spawnSync("git", ["ls-files", "--deleted"], { cwd: root, encoding: "utf8" }).stdout ?? "";
  const gone = new Set(deleted.split("\n"));
  return (listing.stdout ?? "").split("\n").filter((path) => path !== "" && !gone.has(path));
}
