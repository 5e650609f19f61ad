// SPDX-License-Identifier: Apache-2.0
// `npm run bench -- [--quick] [--out DIR] [--only TARGET,…]`: every target runs at once but is measured in
// turn, round by round, so that a drift of this machine's speed meets all of them alike. Runs in namespaces
// of its own: no port of this machine is taken, and nothing is left behind however it ends.
// `-- --against DIR` measures this build beside another checkout's instead (compare.ts), `-- --names` many
// small files (names.ts).

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { chart } from "./chart.js";
import { compare } from "./compare.js";
import { fill, fioArguments, measure, type Measurement } from "./fio.js";
import { gemelTarget } from "./gemel-target.js";
import { glusterTarget } from "./gluster-target.js";
import { measureNames } from "./names.js";
import { fullScale, quickScale } from "./names-scale.js";
import { qemuTarget } from "./qemu-target.js";
import { rawTarget } from "./raw-target.js";
import { machine, type Report, row, suspicions, table } from "./report.js";
import { type RunningTarget, type Target, type TargetName, type Work, works } from "./work.js";

const inside = "GEMEL_BENCH_INSIDE";
const all: readonly Target[] = [
  rawTarget,
  gemelTarget("written"),
  gemelTarget("received"),
  qemuTarget,
  glusterTarget,
];

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    out: { type: "string" },
    only: { type: "string" },
    against: { type: "string" },
    names: { type: "boolean", default: false },
    rounds: { type: "string" },
    seconds: { type: "string" },
  },
});

function enterNamespaces(): number {
  const argv = [
    "--net",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
    process.execPath,
    ...process.argv.slice(1),
  ];
  const done = spawnSync("unshare", argv, { stdio: "inherit", env: { ...process.env, [inside]: "1" } });
  return done.status ?? 1;
}

type Started = readonly [Target, RunningTarget];

async function startAll(dir: string, skipped: { target: TargetName; reason: string }[]): Promise<Started[]> {
  const wanted = values.only?.split(",");
  const started: Started[] = [];
  for (const target of all.filter(({ name }) => wanted?.includes(name) ?? true)) {
    const reason = target.missing();
    if (reason !== undefined) {
      skipped.push({ target: target.name, reason });
      continue;
    }
    console.log(`setting up ${target.name}`);
    const running = await target.start(join(dir, target.name));
    started.push([target, running]);
    await fill(running);
  }
  return started;
}

async function measureAll(
  started: readonly Started[],
  rounds: number,
  seconds: number,
): Promise<Report["rows"]> {
  const measured = new Map<string, Measurement[]>();
  const key = (target: Target, work: Work): string => `${target.name} ${work.name}`;
  const total = rounds * works.length * started.length;
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    for (const work of works) {
      for (const [target, running] of started) {
        const left = Math.round((total - done) * (seconds + 0.7));
        console.log(`round ${round + 1} of ${rounds}: ${work.name} on ${target.name} (about ${left} s left)`);
        const list = measured.get(key(target, work)) ?? [];
        list.push(await measure(running, work, seconds));
        measured.set(key(target, work), list);
        done++;
      }
    }
  }
  return started.flatMap(([target, running]) =>
    works.map((work) => {
      const command = [...running.commands, `fio ${fioArguments(running, work, seconds).join(" ")}`].join(
        "; ",
      );
      return row(target.name, work, measured.get(key(target, work)) ?? [], command);
    }),
  );
}

async function main(): Promise<void> {
  // A small address space of its own for whatever the rivals write below /run and /var/log.
  for (const folder of ["/run", "/var/log"]) spawnSync("mount", ["-t", "tmpfs", "tmpfs", folder]);
  spawnSync("ip", ["link", "set", "lo", "up"]);
  mkdirSync("/var/log/glusterfs", { recursive: true });
  mkdirSync("/run/gluster", { recursive: true });
  const dir = mkdtempSync(join(tmpdir(), "gemel-bench-"));
  const seconds = Number(values.seconds ?? (values.quick ? 2 : 8));
  const skipped: { target: TargetName; reason: string }[] = [];
  let started: Started[] = [];
  try {
    if (values.names) {
      await measureNames({
        dir,
        against: values.against,
        only: values.only?.split(","),
        rounds: Number(values.rounds ?? 5),
        scaleRounds: Number(values.rounds ?? 3),
        scale: values.quick ? quickScale : fullScale,
        count: values.quick ? 200 : 1000,
        out: resolve(values.out ?? "bench-out"),
      });
      return;
    }
    if (values.against !== undefined) {
      await compare({ dir, against: values.against, rounds: Number(values.rounds ?? 9), seconds });
      return;
    }
    started = await startAll(dir, skipped);
    const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
    const rows = await measureAll(started, rounds, seconds);
    const report: Report = { rows, skipped, suspicious: suspicions(rows), machine: machine() };
    const out = resolve(values.out ?? "bench-out");
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, "bench.json"), JSON.stringify(report, null, 1) + "\n");
    writeFileSync(join(out, "bench.svg"), chart(report));
    console.log(`\n${table(report)}\n\nwritten: bench.json and bench.svg in ${out}`);
  } finally {
    for (const [, running] of started.reverse()) await running.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

if (process.env[inside] === undefined) process.exitCode = enterNamespaces();
else await main();
