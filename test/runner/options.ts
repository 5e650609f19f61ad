// SPDX-License-Identifier: Apache-2.0
/** The command line of `npm test`. */
import { parseArgs } from "node:util";

export const usage = `npm test -- [--quick] [--suite NAME]… [--file PART] [--report FILE] [--seed N]
npm run soak -- [--minutes N] [--suite NAME]…
  --quick        no root, under five minutes; names what it leaves out
  --suite NAME   only this suite; may be repeated
  --file PART    only test files whose path contains PART
  --report FILE  one JSON line per test: suite, file, name, status, ms, reason
  --seed N       the seed that simulations begin with (default 1)
  --soak         repeat the suites made for it, each round with a new seed, for --minutes (default 60)`;

export type Options = {
  readonly quick: boolean;
  readonly soak: boolean;
  readonly suites: readonly string[];
  readonly filePart: string;
  readonly report: string | undefined;
  readonly seed: number;
  readonly minutes: number;
};

/** A sentence instead of options when the command line makes no sense. */
export function readOptions(argv: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        quick: { type: "boolean", default: false },
        soak: { type: "boolean", default: false },
        suite: { type: "string", multiple: true, default: [] },
        file: { type: "string", default: "" },
        report: { type: "string" },
        seed: { type: "string", default: "1" },
        minutes: { type: "string", default: "60" },
      },
    });
    const [seed, minutes] = [Number(values.seed), Number(values.minutes)];
    if (!Number.isSafeInteger(seed) || seed < 0) return `--seed wants a whole number, not "${values.seed}".`;
    if (!(minutes > 0)) return `--minutes wants a number above 0, not "${values.minutes}".`;
    const { quick, soak, suite, file, report } = values;
    return { quick, soak, suites: suite, filePart: file, report, seed, minutes };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
