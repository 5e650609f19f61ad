// SPDX-License-Identifier: Apache-2.0
// Many small files: `npm run bench -- --names [--against DIR] [--rounds N] --out DIR`. A plain folder, this
// build and another build's checkout run at once and are measured in turn, their order changing each round.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { MirrorPair } from "../native/mirror-pair.js";

const program = resolve(import.meta.dirname, "../../../test/bench/names_work.py");

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
  readonly pair?: MirrorPair;
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
  readonly rounds: number;
  /** Changes of one round and writer. */
  readonly count: number;
  readonly out: string;
}

export async function measureNames(options: NamesOptions): Promise<void> {
  const { rounds, count } = options;
  const places: Place[] = [plain(options.dir)];
  try {
    places.push(await gemel(join(options.dir, "this"), "gemel", 0));
    if (options.against !== undefined) {
      const host = resolve(options.against, "dist/native/host.js");
      places.push(await gemel(join(options.dir, "other"), "gemel-against", 1, host));
    }
    const measured = new Map<string, number[]>();
    for (let round = 0; round < rounds; round++) {
      const turn = round % 2 === 0 ? places : [...places].reverse();
      for (const work of works) {
        for (const place of turn) {
          const key = `${place.target} ${work.name}`;
          const list = measured.get(key) ?? [];
          list.push(await rate(place, work, round, count));
          measured.set(key, list);
        }
      }
      console.log(`names: round ${round + 1} of ${rounds}`);
    }
    const rows = places.flatMap(({ target }) =>
      works.map(({ name }): Row => {
        const sorted = (measured.get(`${target} ${name}`) ?? []).sort((left, right) => left - right);
        return { target, work: name, perSecond: sorted[Math.floor(sorted.length / 2)] ?? 0, rounds };
      }),
    );
    report(rows, options.out);
  } finally {
    for (const { pair } of places) await pair?.remove();
  }
}

function plain(dir: string): Place {
  const folder = join(dir, "plain");
  mkdirSync(folder, { recursive: true });
  return { target: "plain", folder };
}

async function gemel(dir: string, target: string, index: number, host?: string): Promise<Place> {
  const pair = MirrorPair.make({ dir, index, ...(host === undefined ? {} : { program: host }) });
  await pair.startInSync();
  return { target, folder: pair.first.root, pair };
}

/** Changes in a second, all writers together: each works in a directory of its own. */
async function rate(
  place: Place,
  work: (typeof works)[number],
  round: number,
  count: number,
): Promise<number> {
  const began = performance.now();
  const writers = Array.from({ length: work.writers }, (_, writer) =>
    run(work.step, join(place.folder, `${work.writers}-${round}-${writer}`), count),
  );
  const seconds = await Promise.all(writers);
  const elapsed = work.writers === 1 ? (seconds[0] ?? 0) : (performance.now() - began) / 1000;
  return (work.writers * count) / elapsed;
}

function run(step: string, folder: string, count: number): Promise<number> {
  const child = spawn("python3", [program, step, folder, String(count)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  return new Promise((settle, fail) => {
    child.once("close", (status) => {
      if (status === 0) settle(Number(said));
      else fail(new Error(`${step} in ${folder} ended with ${String(status)}`));
    });
  });
}

/** Beside what bench.json holds already. */
function report(rows: readonly Row[], out: string): void {
  mkdirSync(out, { recursive: true });
  const path = join(out, "bench.json");
  let before: { rows?: unknown[] } = {};
  try {
    before = JSON.parse(readFileSync(path, "utf8")) as typeof before;
  } catch {
    // None yet.
  }
  writeFileSync(path, JSON.stringify({ ...before, rows: [...(before.rows ?? []), ...rows] }, null, 1) + "\n");
  for (const { target, work, perSecond } of rows)
    console.log(`${target.padEnd(16)} ${work.padEnd(10)} ${perSecond.toFixed(0).padStart(8)} per second`);
}
