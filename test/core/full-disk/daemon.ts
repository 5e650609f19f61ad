// SPDX-License-Identifier: Apache-2.0
// On a small disk (disk.ts): a daemon whose state lies there, before, while and after the disk is full. Says
// what a person sees of it.

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { HistoryEntry, Status } from "../../../core/api/contract.js";
import { fill } from "./disk.js";

const [, , disk = ""] = process.argv;
const dist = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const other = mkdtempSync(join(tmpdir(), "gemel-full-disk-"));
const state = join(disk, "state");
const ballast = join(disk, "ballast");
const env = {
  ...process.env,
  GEMEL_ETC: join(other, "etc"),
  GEMEL_STATE: state,
  GEMEL_RUN: join(other, "run"),
  GEMEL_TEST_HYPERVISOR: join(dist, "test/contract/fake-hypervisor.js"),
};
const address = `127.${10 + (process.pid % 200)}.${Math.trunc(process.pid / 200) % 250}.1`;

let daemon: ChildProcess | undefined;

async function gemel(...args: string[]): Promise<{ readonly code: number; readonly stdout: string }> {
  return await new Promise((done) => {
    const argv = [join(dist, "core/cli/main.js"), ...args];
    execFile(process.execPath, argv, { env, timeout: 20_000 }, (error, stdout) => {
      done({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout });
    });
  });
}

async function until(what: string, look: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await look())) {
    if (daemon?.exitCode !== null) throw new Error(`the daemon ended before: ${what}`);
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function start(): Promise<void> {
  const begun = spawn(process.execPath, [join(dist, "core/main.js")], {
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
  daemon = begun;
  await until("it answers", async () => (await gemel("status")).code !== 4);
}

async function end(signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise((done) => daemon?.once("exit", done));
  daemon?.kill(signal);
  await ended;
}

const status = async (): Promise<Status> => JSON.parse((await gemel("status", "--json")).stdout) as Status;

async function has(sentence: RegExp): Promise<boolean> {
  const entries = JSON.parse((await gemel("events", "--json")).stdout) as readonly HistoryEntry[];
  return entries.some((entry) => sentence.test(entry.sentence));
}

const isUnwritable = async (): Promise<boolean> =>
  (await status()).alarms.some(({ id }) => id.startsWith("unwritable:") && id.endsWith(":history"));

const said: Record<string, boolean> = {};
try {
  await start();
  const net = `data=127.0.0.0/8@${address}`;
  await gemel("cluster", "init", "--name", "test", "--net", net, "--node", "alpha", "--listen", "networks");
  await until("the reserve is made", () => existsSync(join(state, "reserve")));
  fill(ballast);
  await end("SIGKILL");
  await start();
  await until("somebody needs it", async () => {
    await gemel("pause", "--why", "the disk is full");
    await gemel("resume");
    return !existsSync(join(state, "reserve"));
  });
  await until("the loss of the reserve is said", () => has(/reserve is given up/));
  said["what was before is still read"] = await has(/found the cluster/);
  // An orderly end folds the databases' logs in: the next process would have to make them anew.
  await end("SIGTERM");
  fill(ballast);
  await start();
  said["without a reserve it starts"] = (await status()).cluster !== null;
  said["what was before is still read without one"] = await has(/reserve is given up/);
  await gemel("pause", "--why", "no room");
  await until("the alarm", isUnwritable);
  said["what cannot be written is shown"] = await has(/no room/);
  truncateSync(ballast, 0);
  await until("the alarm goes", async () => !(await isUnwritable()));
  await until("the reserve is made anew", () => existsSync(join(state, "reserve")));
  await end("SIGKILL");
  await start();
  said["what could not be written was kept"] = await has(/no room/);
} finally {
  daemon?.kill("SIGKILL");
  rmSync(other, { recursive: true, force: true });
}
process.stdout.write(`${JSON.stringify(said)}\n`);
