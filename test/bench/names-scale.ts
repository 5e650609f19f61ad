// SPDX-License-Identifier: Apache-2.0
// The other half of `npm run bench -- --names`: what many files, a burst and a large image cost as a whole.
// Each build has its own pair per work, made before and gone after it, and builds take turns.

import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

import { MirrorPair } from "../native/mirror-pair.js";

/** One build of Gemel: this one, or the one it is measured against. */
export interface Build {
  readonly target: string;
  /** Its mirror's program; this build's where it is left out. */
  readonly host: string | undefined;
  readonly index: number;
}

export interface ScaleRow {
  readonly target: string;
  readonly work: string;
  readonly seconds?: number;
  readonly bytes?: number;
  readonly rounds: number;
}

export interface Scale {
  readonly reconnectFiles: number;
  readonly startFiles: number;
  readonly imageBytes: number;
}

export const fullScale: Scale = { reconnectFiles: 69_000, startFiles: 65_000, imageBytes: 4 * 2 ** 30 };
export const quickScale: Scale = { reconnectFiles: 6_900, startFiles: 6_500, imageBytes: 2 ** 28 };

const run = promisify(execFile);
export const workProgram = resolve(import.meta.dirname, "../../../test/bench/names_work.py");
const nbdPort = 10_998;
const gib = 2 ** 30;
const filesPerFolder = 1000;
/** A first copy of this many small files, on a machine with other work. */
const limitMs = 900_000;
const runLimits = { maxBuffer: 1 << 24, timeout: limitMs, killSignal: "SIGKILL" as const };

type Figures = readonly Omit<ScaleRow, "target" | "rounds">[];
type Measure = (dir: string, build: Build, scale: Scale) => Promise<Figures>;

export const scaleWorks = ["memory", "reconnect", "start", "first-copy"] as const;
export type ScaleWork = (typeof scaleWorks)[number];
const measures: Readonly<Record<ScaleWork, Measure>> = {
  memory,
  reconnect,
  start,
  "first-copy": firstCopy,
};

export interface ScaleOptions {
  readonly dir: string;
  readonly builds: readonly Build[];
  readonly scale: Scale;
  readonly rounds: number;
}

export async function measureScale(options: ScaleOptions, works: readonly ScaleWork[]): Promise<ScaleRow[]> {
  const rows: ScaleRow[] = [];
  for (const work of works) {
    const measured = new Map<string, Figures[]>();
    for (let round = 0; round < options.rounds; round++) {
      for (const [target, measure] of inTurn(options, work, round)) {
        const folder = join(options.dir, `${work}-${target}-${round}`);
        const figures = await measure(folder);
        rmSync(folder, { recursive: true, force: true });
        measured.set(target, [...(measured.get(target) ?? []), figures]);
        console.log(`round ${round + 1} of ${options.rounds}, ${target}: ${JSON.stringify(figures)}`);
      }
    }
    for (const [target, all] of measured) rows.push(...medians(target, all));
  }
  return rows;
}

type Turn = readonly [target: string, measure: (folder: string) => Promise<Figures>];

function inTurn({ builds, scale }: ScaleOptions, work: ScaleWork, round: number): readonly Turn[] {
  const turns = builds.map((build): Turn => [build.target, (dir) => measures[work](dir, build, scale)]);
  if (work === "first-copy") turns.push(["qemu-img", (dir) => convert(dir, scale)]);
  return round % 2 === 0 ? turns : turns.reverse();
}

function medians(target: string, all: readonly Figures[]): ScaleRow[] {
  return (all[0] ?? []).map(({ work, seconds }) => {
    const key = seconds === undefined ? "bytes" : "seconds";
    const values = all.map((figures) => figures.find((figure) => figure.work === work)?.[key] ?? 0);
    values.sort((left, right) => left - right);
    return { target, work, [key]: values[Math.floor(values.length / 2)] ?? 0, rounds: all.length };
  });
}

/** A pair whose first node holds `fill`'s files before it is ever started. */
async function withPair<T>(
  dir: string,
  { host, index }: Build,
  fill: (root: string) => void,
  measure: (pair: MirrorPair) => Promise<T>,
): Promise<T> {
  const pair = MirrorPair.make({ dir, index, ...(host === undefined ? {} : { program: host }) });
  try {
    fill(pair.first.root);
    await pair.startApart();
    return await measure(pair);
  } finally {
    await pair.remove();
  }
}

function fillWithFiles(count: number): (root: string) => void {
  return (root) => {
    for (let file = 0; file < count; file++) {
      const folder = join(root, `folder-${Math.floor(file / filesPerFolder)}`);
      if (file % filesPerFolder === 0) mkdirSync(folder);
      writeFileSync(join(folder, `file-${file}`), `file ${file}`);
    }
  };
}

/** 6900 → "7k": how the rows of the issue are named. */
const thousands = (count: number): string => `${Math.round(count / 1000)}k`;

function residentBytes(pid: number | undefined): number {
  const found = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
  return Number(found?.[1] ?? 0) * 1024;
}

/** What a mirror process holds before anything was written, and ten seconds after a burst. */
function memory(dir: string, build: Build): Promise<Figures> {
  const nothing = (): undefined => undefined;
  return withPair(dir, build, nothing, async (pair) => {
    await pair.meet(limitMs);
    await pause(5000);
    const idle = residentBytes(pair.first.pid);
    const path = join(pair.first.root, "disk.raw");
    const argv = ["--name=burst", `--filename=${path}`, "--rw=write", "--bs=1m", "--iodepth=64"];
    await run("fio", [...argv, "--ioengine=libaio", "--direct=1", "--size=1g", "--end_fsync=1"], runLimits);
    await pause(10_000);
    return [
      { work: "idle-rss", bytes: idle },
      { work: "burst-rss", bytes: residentBytes(pair.first.pid) },
      { work: "burst-rss-second", bytes: residentBytes(pair.second.pid) },
    ];
  });
}

/** The secondary's process dies and comes back; somebody works on the first meanwhile. */
function reconnect(dir: string, build: Build, scale: Scale): Promise<Figures> {
  const work = `reconnect-${thousands(scale.reconnectFiles)}`;
  return withPair(dir, build, fillWithFiles(scale.reconnectFiles), async (pair) => {
    await pair.meet(limitMs);
    await pause(5000);
    pair.second.kill();
    await pair.second.gone();
    const freeze = await pair.first.frozen();
    await pair.first.command({ do: "grant", freeze, basis: "word" });
    await pair.second.remove();
    const worst = worstCall(join(pair.first.root, "beside"));
    const began = performance.now();
    await pair.second.start();
    await pair.second.command({ do: "link", on: true });
    await pair.first.until("in sync again", (status) => status.inSync, limitMs);
    const seconds = (performance.now() - began) / 1000;
    return [
      { work, seconds },
      { work: `${work}-worst-call`, seconds: await worst.stop() },
    ];
  });
}

/** Makes and removes a file again and again until it is told to stop: the longest call. */
function worstCall(folder: string): { stop(): Promise<number> } {
  const child = spawn("python3", [workProgram, "worst", folder, "0"], { stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = new Promise<number>((settle) => child.once("close", () => settle(Number(said))));
  return {
    stop: () => {
      child.stdin.end();
      return ended;
    },
  };
}

/** Both end in order and are started anew: until they are in sync and the first runs. */
function start(dir: string, build: Build, scale: Scale): Promise<Figures> {
  return withPair(dir, build, fillWithFiles(scale.startFiles), async (pair) => {
    await pair.meet(limitMs);
    await pause(5000);
    await pair.first.command({ do: "demote", timeoutMs: 10_000 });
    const both = [pair.first, pair.second];
    for (const node of both) await node.close();
    for (const node of both) await node.remove();
    const began = performance.now();
    await Promise.all(both.map((node) => node.start()));
    await Promise.all(both.map((node) => node.command({ do: "link", on: true })));
    await pair.first.until("in sync", (status) => status.inSync, limitMs);
    await pair.first.command({ do: "promote" });
    return [{ work: `start-${thousands(scale.startFiles)}`, seconds: (performance.now() - began) / 1000 }];
  });
}

const copyName = (bytes: number): string => `first-copy-${bytes >= gib ? `${bytes / gib}g` : "small"}`;

/** An image of random bytes. */
function firstCopy(dir: string, build: Build, { imageBytes }: Scale): Promise<Figures> {
  const fill = (root: string): void => fillImage(join(root, "disk.raw"), imageBytes);
  return withPair(dir, build, fill, async (pair) => {
    const began = performance.now();
    await pair.meet(limitMs);
    return [{ work: copyName(imageBytes), seconds: (performance.now() - began) / 1000 }];
  });
}

/** The same image by qemu-img to an NBD server on the same disk: what a plain copy costs here. */
async function convert(dir: string, { imageBytes }: Scale): Promise<Figures> {
  mkdirSync(dir, { recursive: true });
  const paths = { source: join(dir, "source.raw"), target: join(dir, "target.raw") };
  fillImage(paths.source, imageBytes);
  execFileSync("truncate", ["-s", String(imageBytes), paths.target]);
  const server = ["--format=raw", "--cache=none", "--aio=native", "--persistent", `--port=${nbdPort}`];
  const nbd = spawn("qemu-nbd", [...server, paths.target], { stdio: "ignore" });
  try {
    await pause(1000);
    const began = performance.now();
    const argv = ["convert", "-n", "-f", "raw", "-O", "raw", "-T", "none", "-t", "none", paths.source];
    await run("qemu-img", [...argv, `nbd://127.0.0.1:${nbdPort}`], runLimits);
    return [{ work: copyName(imageBytes), seconds: (performance.now() - began) / 1000 }];
  } finally {
    nbd.kill("SIGKILL");
  }
}

function fillImage(path: string, bytes: number): void {
  const argv = ["--name=image", `--filename=${path}`, "--rw=write", "--bs=4m", "--ioengine=psync"];
  execFileSync("fio", [...argv, "--end_fsync=1", "--refill_buffers", `--size=${bytes}`], {
    stdio: "ignore",
    timeout: limitMs,
  });
}
