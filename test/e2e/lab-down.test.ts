// SPDX-License-Identifier: Apache-2.0
/** `down` leaves nothing, also when the process that brought the lab up was killed half way. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { Lab } from "../lab/lab.js";
import { labsPath, repositoryPath } from "../lab/machine/folders.js";
import { leftoversAfter } from "../runner/leftovers.js";
import { waitFor } from "../lab/wait.js";

const cliPath = join(repositoryPath, "dist", "test", "lab", "cli.js");
const labModule = pathToFileURL(join(repositoryPath, "dist", "test", "lab", "lab.js")).href;

/** A folder for one lab; whatever happens, the lab is down and the folder gone afterwards. */
function folderFor(context: TestContext): string {
  mkdirSync(labsPath(), { recursive: true });
  const dir = mkdtempSync(join(labsPath(), "test-down-"));
  context.after(async () => {
    await Lab.find(dir)?.down();
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

function cli(dir: string, ...words: string[]): ChildProcess {
  return spawn(process.execPath, [cliPath, ...words, "--dir", dir], { stdio: "pipe" });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return await new Promise((resolve) => child.once("close", (code) => resolve({ code, output })));
}

async function nothingLeft(dir: string): Promise<void> {
  assert.deepEqual(await leftoversAfter(5_000, "none", dir), []);
}

test("lab-down: after an ordinary up, and a second time", async (context) => {
  const dir = folderFor(context);
  const up = await ended(cli(dir, "up", "--size", "512"));
  assert.equal(up.code, 0, up.output);
  const again = await ended(cli(dir, "up"));
  assert.equal(again.code, 1, "a lab that is up is not brought up a second time");
  assert.match(again.output, /is up in .* already/);
  assert.equal((await ended(cli(dir, "down"))).code, 0);
  await nothingLeft(dir);
  assert.equal((await ended(cli(dir, "down"))).code, 0);
});

test("lab-down: after the lab itself was killed while it came up", async (context) => {
  const dir = folderFor(context);
  const child = cli(dir, "up", "--size", "512");
  const gone = ended(child);
  const hostIsThere = (): boolean => Lab.find(dir)?.hosts.some((host) => host.pid !== undefined) === true;
  await waitFor("the first host to have a process", hostIsThere, 30_000);
  child.kill("SIGKILL");
  await gone;
  assert.equal((await ended(cli(dir, "down"))).code, 0);
  await nothingLeft(dir);
});

test("lab-down: a dead owner's lab makes room for the next one", async (context) => {
  const dir = folderFor(context);
  const script = `const { Lab } = await import(${JSON.stringify(labModule)});
    await Lab.up({ dir: ${JSON.stringify(dir)}, sizeMiB: 512, hosts: ["alpha"] });
    console.log("up");
    setInterval(() => undefined, 1000);`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  context.after(() => owner.kill("SIGKILL"));
  await new Promise((resolve) => owner.stdout.once("data", resolve));
  await assert.rejects(Lab.up({ dir, hosts: ["alpha"] }), /already/);
  const gone = ended(owner);
  owner.kill("SIGKILL");
  await gone;
  const lab = await Lab.up({ dir, sizeMiB: 512, hosts: ["alpha"] });
  await lab.down();
  await nothingLeft(dir);
});

test("lab-down: with a frozen host and a slow network", async (context) => {
  const dir = folderFor(context);
  const lab = await Lab.up({ dir, sizeMiB: 512, hosts: ["alpha", "beta"] });
  await lab.slow("data", 10);
  await lab.host("beta").freeze();
  await lab.down();
  await nothingLeft(dir);
});

test("lab-cli: wrong words get the usage and change nothing", async (context) => {
  const dir = folderFor(context);
  for (const words of [
    ["frobnicate"],
    ["kill"],
    ["kill", "delta"],
    ["slow", "data"],
    ["up", "--fs", "fat"],
    ["--no"],
  ]) {
    const { code, output } = await ended(cli(dir, ...words));
    assert.ok(code === 2 || (code === 1 && /no lab/.test(output)), `${words.join(" ")}: ${code} ${output}`);
  }
  assert.equal(Lab.find(dir), undefined);
});
