// SPDX-License-Identifier: Apache-2.0
// This build beside another one (`npm run bench -- --against DIR`, a checkout that is built): both run at
// once and are measured in turn, the order changing from round to round, so that a drift of the machine's
// speed meets both alike. What is said is the ratio round by round: its median, and the interval in which
// the true median lies with at least 95 % (order statistics: no assumption about how the noise looks).

import { join, resolve } from "node:path";

import { fill, measure, type Measurement } from "./fio.js";
import { startGemel } from "./gemel-target.js";
import { type RunningTarget, works } from "./work.js";

const compared = works.filter(({ name }) => name === "randwrite-4k-qd1" || name === "randwrite-4k-qd32");

export interface CompareOptions {
  /** Work folder. */
  readonly dir: string;
  /** The other build's checkout. */
  readonly against: string;
  readonly rounds: number;
  readonly seconds: number;
}

export async function compare({ dir, against, rounds, seconds }: CompareOptions): Promise<void> {
  const program = resolve(against, "dist/native/host.js");
  const acknowledge = "written" as const;
  const running: RunningTarget[] = [];
  try {
    running.push(await startGemel({ dir: join(dir, "this"), acknowledge, index: 0 }));
    running.push(await startGemel({ dir: join(dir, "other"), acknowledge, index: 1, program }));
    const [own, other] = running as [RunningTarget, RunningTarget];
    for (const target of running) await fill(target);
    for (const work of compared) {
      const pairs: [Measurement, Measurement][] = [];
      for (let round = 0; round < rounds; round++) {
        const ownFirst = round % 2 === 0;
        const first = await measure(ownFirst ? own : other, work, seconds);
        const second = await measure(ownFirst ? other : own, work, seconds);
        pairs.push(ownFirst ? [first, second] : [second, first]);
        console.log(`${work.name}: round ${round + 1} of ${rounds}`);
      }
      const ratio = (pick: (one: Measurement) => number): string =>
        middle(pairs.map(([mine, theirs]) => pick(mine) / pick(theirs)));
      console.log(
        `${work.name}: this build over ${against}: IOPS ${ratio(({ iops }) => iops)}, ` +
          `p50 ${ratio(({ p50Us }) => p50Us)}, CPU per operation ${ratio(({ cpuUs }) => cpuUs)}, ` +
          `sleeps per operation ${ratio(({ sleeps }) => sleeps)}`,
      );
    }
  } finally {
    for (const target of running.reverse()) await target.stop();
  }
}

/** "1.01 (0.98 to 1.03, 9 rounds)" */
function middle(ratios: readonly number[]): string {
  const sorted = [...ratios].sort((left, right) => left - right);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const half = sorted.length / 2;
  const median = (at(Math.ceil(half) - 1) + at(Math.floor(half))) / 2;
  const outer = outside(sorted.length);
  const end = sorted.length - 1 - outer;
  return `${median.toFixed(3)} (${at(outer).toFixed(3)} to ${at(end).toFixed(3)}, ${sorted.length} rounds)`;
}

/** How many at each end lie outside: the most for which both tails of Bin(n, 1/2) hold at most 5 %. */
export function outside(count: number): number {
  let probability = 0.5 ** count;
  let tail = 0;
  for (let rank = 0; ; rank++) {
    tail += probability;
    if (2 * tail > 0.05) return Math.max(rank - 1, 0);
    probability *= (count - rank) / (rank + 1);
  }
}
