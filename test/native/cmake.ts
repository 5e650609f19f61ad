// SPDX-License-Identifier: Apache-2.0
/**
 * The build of everything in C++ that is not the addon: tests, engine simulator. One folder for all, so that
 * each suite finds what an earlier one has built; cmake keeps what is unchanged.
 */
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");
export const cppSources = join(root, "test/native");
export const cppBuild = join(root, "build/native-tests");

/** An empty string when it went well, else what failed and the end of what it said. */
function command(argv: readonly [string, ...string[]]): string {
  const [program, ...rest] = argv;
  const done = spawnSync(program, rest, { encoding: "utf8", cwd: root });
  if (done.error !== undefined) return `${program}: ${done.error.message}`;
  if (done.status === 0) return "";
  const output = `${done.stdout}${done.stderr}`.split("\n").filter((line) => line !== "");
  const failed = `${argv.join(" ")} failed (${String(done.status ?? done.signal)})`;
  return [failed, ...output.slice(-40)].join("\n");
}

/**
 * Builds these targets (none named: all that is there for `npm test`); an empty string, or what went wrong.
 */
export function buildCpp(targets: readonly string[] = []): string {
  const configured = command(["cmake", "-S", cppSources, "-B", cppBuild]);
  if (configured !== "") return configured;
  const wanted = targets.flatMap((target) => ["--target", target]);
  // -k: an executable that does not compile must not hide the others.
  return command(["cmake", "--build", cppBuild, ...wanted, "--", "-j2", "-k"]);
}
