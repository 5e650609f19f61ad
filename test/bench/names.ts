// SPDX-License-Identifier: Apache-2.0
// Many files: `npm run bench -- --names [--against DIR] [--rounds N] [--only WORK,…] --out DIR`. A plain
// folder, libfuse's own passthrough over it, this build and another build's checkout run at once and are
// measured in turn, their order changing each round; then what many files cost as a whole (names-scale.ts).

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Readable, Writable } from "node:stream";

import { MirrorPair } from "../native/mirror-pair.js";
import {
  type Build,
  measureScale,
  type Scale,
  type ScaleRow,
  type ScaleWork,
  scaleWorks,
  workProgram,
} from "./names-scale.js";
import { passthrough } from "./passthrough.js";

/** In this order: each needs what the one before it leaves. */
const works = [
  { name: "create-1", step: "create", writers: 1 },
  { name: "rename-1", step: "rename", writers: 1 },
  { name: "delete-1", step: "delete", writers: 1 },
  { name: "create-8", step: "create", writers: 8 },
] as const;
type WorkName = (typeof works)[number]["name"];

interface Place {
  readonly target: string;
  readonly folder: string;
  remove(): Promise<void>;
}

interface Row {
  readonly target: string;
  readonly work: WorkName;
  readonly perSecond: number;
  readonly rounds: number;
}

export interface NamesOptions {
  /** Work folder. */
  readonly dir: string;
  readonly against: string | undefined;
  /** Works by name; all where it is left out. */
  readonly only: readonly string[] | undefined;
  readonly rounds: number;
  /** Rounds of what takes minutes. */
  readonly scaleRounds: number;
  readonly scale: Scale;
  /** Changes of one round and writer. */
  readonly count: number;
  readonly out: string;
}

export async function measureNames(options: NamesOptions): Promise<void> {
  const isWanted = (name: string): boolean => options.only?.includes(name) ?? true;
  const builds: Build[] = [{ target: "gemel", host: undefined, index: 0 }];
  if (options.against !== undefined) {
    const host = resolve(options.against, "dist/native/host.js");
    builds.push({ target: "gemel-against", host, index: 1 });
  }
  const rows: (Row | ScaleRow)[] = [];
  if (works.some(({ name }) => isWanted(name))) rows.push(...(await measureChanges(options, builds)));
  const scaleWanted = scaleWorks.filter((work: ScaleWork) => isWanted(work));
  const { dir, scale, scaleRounds } = options;
  rows.push(...(await measureScale({ dir, builds, scale, rounds: scaleRounds }, scaleWanted)));
  report(rows, options.out);
}

/** One name after the other. A round's works need what the one before it left, so all of them are done. */
async function measureChanges(
  { dir, rounds, count }: NamesOptions,
  builds: readonly Build[],
): Promise<readonly Row[]> {
  const places: Place[] = [plain(dir)];
  try {
    const through = await passthrough(join(dir, "passthrough"));
    if (through !== undefined) places.push(through);
    for (const build of builds) places.push(await gemel(join(dir, build.target), build));
    const measured = new Map<string, number[]>();
    for (let round = 0; round < rounds; round++) {
      for (const work of works) {
        for (const place of round % 2 === 0 ? places : [...places].reverse()) {
          const key = `${place.target} ${work.name}`;
          measured.set(key, [...(measured.get(key) ?? []), await rate(place, work, round, count)]);
        }
      }
      console.log(`names: round ${round + 1} of ${rounds}`);
    }
    return places.flatMap(({ target }) =>
      works.map(({ name }): Row => {
        const sorted = (measured.get(`${target} ${name}`) ?? []).sort((left, right) => left - right);
        return { target, work: name, perSecond: sorted[Math.floor(sorted.length / 2)] ?? 0, rounds };
      }),
    );
  } finally {
    for (const place of places) await place.remove();
  }
}

function plain(dir: string): Place {
  const folder = join(dir, "plain");
  mkdirSync(folder, { recursive: true });
  return {
    target: "plain",
    folder,
    remove: () => {
      rmSync(folder, { recursive: true });
      return Promise.resolve();
    },
  };
}

async function gemel(dir: string, { target, host, index }: Build): Promise<Place> {
  const pair = MirrorPair.make({ dir, index, ...(host === undefined ? {} : { program: host }) });
  await pair.startInSync();
  return { target, folder: pair.first.root, remove: () => pair.remove() };
}

/** Changes in a second, all writers together: each works in a directory of its own, all begin at once. */
async function rate(
  place: Place,
  work: (typeof works)[number],
  round: number,
  count: number,
): Promise<number> {
  const writers = Array.from(
    { length: work.writers },
    (_, writer) => new Writer(work.step, join(place.folder, `${work.writers}-${round}-${writer}`), count),
  );
  await Promise.all(writers.map((writer) => writer.ready));
  for (const writer of writers) writer.go();
  const spans = await Promise.all(writers.map((writer) => writer.ended));
  const began = Math.min(...spans.map(([from]) => from));
  const ended = Math.max(...spans.map(([, to]) => to));
  return (work.writers * count) / (ended - began);
}

/** One process that changes names, from its own first change to its last. */
class Writer {
  readonly ready: Promise<void>;
  readonly ended: Promise<readonly [began: number, ended: number]>;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;

  constructor(step: string, folder: string, count: number) {
    this.#child = spawn("python3", [workProgram, step, folder, String(count)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    let said = "";
    const out = this.#child.stdout.setEncoding("utf8");
    this.ready = new Promise((settle) => out.once("data", () => settle()));
    out.on("data", (text: string) => (said += text));
    this.ended = new Promise((settle, fail) => {
      this.#child.once("close", (status) => {
        const [began = Number.NaN, ended = Number.NaN] = (said.split("\n")[1] ?? "").split(" ").map(Number);
        if (status === 0) settle([began, ended]);
        else fail(new Error(`${step} in ${folder} ended with ${String(status)}`));
      });
    });
  }

  go(): void {
    this.#child.stdin.end("go\n");
  }
}

/** Beside what bench.json holds already. */
function report(rows: readonly (Row | ScaleRow)[], out: string): void {
  mkdirSync(out, { recursive: true });
  const path = join(out, "bench.json");
  let before: { rows?: unknown[] } = {};
  try {
    before = JSON.parse(readFileSync(path, "utf8")) as typeof before;
  } catch {
    // None yet.
  }
  writeFileSync(path, JSON.stringify({ ...before, rows: [...(before.rows ?? []), ...rows] }, null, 1) + "\n");
  for (const row of rows) {
    const [figure, unit] =
      "perSecond" in row
        ? [row.perSecond.toFixed(0), "per second"]
        : row.seconds === undefined
          ? [((row.bytes ?? 0) / 2 ** 20).toFixed(1), "MiB"]
          : [row.seconds.toFixed(2), "seconds"];
    console.log(`${row.target.padEnd(16)} ${row.work.padEnd(26)} ${figure.padStart(8)} ${unit}`);
  }
}
