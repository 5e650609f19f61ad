// SPDX-License-Identifier: Apache-2.0
// Starting a mirror process so that it outlives this daemon: a systemd unit of its own where systemd is pid 1
// (R35: its KillMode would otherwise end it with the daemon), else a session of its own. Its log goes to a
// file under /run.

import { execFile, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  statSync,
  renameSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { writeWhole } from "../record/durable-file.js";
import type { MirrorConfig } from "../../../native/index.js";
import { identityOf, isDead, type ProcessIdentity } from "./identity.js";
import { mirrorLogBytesMax, mirrorUnitStopLimit } from "../../base/limits/edge.js";

const run = promisify(execFile);

export interface MirrorFiles {
  readonly config: string;
  readonly socket: string;
  readonly process: string;
  readonly log: string;
}

export function mirrorFiles(folder: string, module: string): MirrorFiles {
  const at = (extension: string): string => join(folder, `${module}.${extension}`);
  return { config: at("json"), socket: at("sock"), process: at("pid"), log: at("log") };
}

/** The host program; a test may put another in its place. */
const hostProgram = (): string =>
  process.env["GEMEL_MIRROR_PROGRAM"] ?? fileURLToPath(new URL("../../../native/host.js", import.meta.url));

/**
 * What goes down with a host goes in the reverse of the order in which it came: whoever ends the guests is
 * done before the mirrors under them are ended, and the network after these. Without an order of its own the
 * unit would be killed after systemd's 90 s, under a guest that installs its updates for fifteen minutes.
 */
export const unitProperties = (files: Pick<MirrorFiles, "log">): readonly string[] => [
  "Before=gemel-guests.service libvirt-guests.service",
  "After=network-online.target",
  `TimeoutStopSec=${mirrorUnitStopLimit / 1000}`,
  "OOMScoreAdjust=-1000",
  "LimitMEMLOCK=infinity",
  `StandardError=append:${files.log}`,
];

/** The new process, as far as it is known at once: one that ends before it serves is noticed by it. */
export async function launch(files: MirrorFiles, config: MirrorConfig): Promise<ProcessIdentity | undefined> {
  mkdirSync(join(files.config, ".."), { recursive: true, mode: 0o700 });
  prepareFolders(config);
  writeWhole(files.config, `${JSON.stringify(config, null, 1)}\n`);
  rmSync(files.socket, { force: true });
  keepLogSmall(files.log);
  const program = [hostProgram(), files.config];
  if (existsSync("/run/systemd/system")) {
    const unit = `gemel-mirror-${config.module}`;
    await run("systemctl", ["reset-failed", unit]).catch(() => undefined);
    const properties = unitProperties(files).flatMap((property) => ["-p", property]);
    await run("systemd-run", ["--unit", unit, "--collect", ...properties, process.execPath, ...program]);
    const { stdout } = await run("systemctl", ["show", "-P", "MainPID", unit]);
    return identityOf(Number(stdout));
  }
  const log = openSync(files.log, "a", 0o600);
  const child = spawn(process.execPath, program, {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
  });
  closeSync(log);
  child.on("error", () => undefined);
  child.unref();
  return child.pid === undefined ? undefined : identityOf(child.pid);
}

/**
 * Only for a copy that never was: where one is known, a missing folder means that its volume is not there
 * (R27).
 */
function prepareFolders({ known, root, state }: MirrorConfig): void {
  if (known.kind === "initialised") return;
  for (const folder of [root, state]) mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** Written after the first status told the pid: finds the process again when its socket does not answer. */
export function rememberProcess(files: MirrorFiles, pid: number): ProcessIdentity | undefined {
  const identity = identityOf(pid);
  if (identity !== undefined) writeWhole(files.process, JSON.stringify(identity));
  return identity;
}

export function rememberedProcess(files: MirrorFiles): ProcessIdentity | undefined {
  try {
    const identity = JSON.parse(readFileSync(files.process, "utf8")) as ProcessIdentity;
    return isDead(identity) ? undefined : identity;
  } catch {
    return undefined;
  }
}

export function forgetProcess(files: MirrorFiles): void {
  for (const file of [files.process, files.socket]) rmSync(file, { force: true });
}

/** The last lines of its log: why it ended. */
export function lastWords(files: MirrorFiles): string {
  try {
    const lines = readFileSync(files.log, "utf8").trimEnd().split("\n");
    const line = lines.reverse().find((one) => one.includes('"error"')) ?? lines[0] ?? "";
    return line.slice(0, 400);
  } catch {
    return "";
  }
}

function keepLogSmall(log: string): void {
  try {
    if (statSync(log).size > mirrorLogBytesMax) renameSync(log, `${log}.1`);
  } catch {
    // There is none yet.
  }
}
