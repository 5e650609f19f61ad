// SPDX-License-Identifier: Apache-2.0
/** Runs the one test that must notice one fault of the control plane: without the fault, then with it. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { repositoryFiles, root } from "../architecture/tree.js";
import type { ControlFault } from "./control-faults.js";
import { placeOf } from "./fault.js";

const run = promisify(execFile);
const testLimitMs = 120_000;

/** What loader.ts finds in its environment. */
export interface Exchange {
  readonly url: string;
  readonly from: string;
  readonly to: string;
}

const compiled = (source: string): string => join(root, "dist", source.replace(/\.ts$/, ".js"));

async function verdictOf(fault: ControlFault, exchange?: Exchange): Promise<"green" | "red" | "silent"> {
  const preloaded = pathToFileURL(join(import.meta.dirname, "exchange.js")).href;
  const pattern = `^${fault.test.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`;
  const argv = ["--test-reporter=tap", `--test-name-pattern=${pattern}`, compiled(fault.testFile)];
  if (exchange !== undefined) argv.unshift("--import", preloaded);
  // A test within a test would report to the outer one instead of saying how it went.
  const env = { ...process.env, GEMEL_SABOTAGE: JSON.stringify(exchange ?? {}) };
  delete (env as NodeJS.ProcessEnv)["NODE_TEST_CONTEXT"];
  const options = {
    cwd: root,
    env,
    maxBuffer: 1 << 26,
    timeout: testLimitMs,
    killSignal: "SIGKILL",
  } as const;
  const ran = await run(process.execPath, argv, options).catch(
    (failure: unknown) => failure as { stdout: string },
  );
  const mark = ran.stdout.split("\n").flatMap((line) => {
    const [, is, name] = /^\s*(ok|not ok) \d+ - (.*)$/.exec(line) ?? [];
    return name === fault.test ? [is] : [];
  })[0];
  return mark === undefined ? "silent" : mark === "ok" ? "green" : "red";
}

/** Sound sources are green and the sabotaged ones red: only then the test is worth its name. */
export async function isControlNoticed(fault: ControlFault): Promise<string | undefined> {
  const place = placeOf(fault, repositoryFiles());
  if (typeof place === "string") return place;
  const file = compiled(place.path);
  const { name, from, to, test } = fault;
  const count = readFileSync(file, "utf8").split(from).length - 1;
  if (count !== 1) return `what the fault ${name} exchanges stands ${count} times in ${file}`;
  const sound = await verdictOf(fault);
  if (sound !== "green") return `${test} is ${sound} without any fault`;
  const sabotaged = await verdictOf(fault, { url: pathToFileURL(file).href, from, to });
  return sabotaged === "green" ? `${test} stays green with the fault ${name}` : undefined;
}
