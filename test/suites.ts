// SPDX-License-Identifier: Apache-2.0
/**
 * Every suite of `npm test` in the order in which they run: cheap and general first, the lab last.
 *
 * A suite is a row, so that what CI runs is seen at one look. A suite whose files are not in the tree is left
 * out by name; it never counts as passed. The budgets add up to less than CI's forty minutes; a file that
 * passes its own limit is ended and failed.
 */

export type Suite = {
  readonly name: string;
  /** One line for a person: what this suite proves. */
  readonly proves: string;
  readonly source: SuiteSource;
  /** Needs root and /dev/fuse: mounts, namespaces, guests. */
  readonly needsRoot: boolean;
  /** Part of `--quick`: no root, all quick suites together under five minutes. */
  readonly quick: boolean;
  /** Repeated with ever new seeds by `npm run soak`; `only`: there, or when it is asked for by name. */
  readonly soak: boolean | "only";
  readonly fileMinutesMax: number;
  readonly budgetMinutes: number;
};

export type SuiteSource =
  /** A program whose exit status is the one test. */
  | { readonly kind: "command"; readonly argv: readonly string[] }
  /** Everything `*.test.ts` below these folders, or a file named itself; `atOnce` of them in parallel. */
  | { readonly kind: "files"; readonly under: readonly string[]; readonly atOnce: number };

export const suites: readonly Suite[] = [
  {
    name: "check",
    proves: "types, lint, format and the architecture's rules",
    source: { kind: "command", argv: ["setup/check.mjs"] },
    needsRoot: false,
    quick: true,
    soak: false,
    fileMinutesMax: 10,
    budgetMinutes: 3,
  },
  {
    name: "setup",
    proves: "the set-up says what it does and leaves the machine's own policy alone",
    source: { kind: "files", under: ["test/setup"], atOnce: 1 },
    needsRoot: false,
    quick: true,
    soak: false,
    fileMinutesMax: 2,
    budgetMinutes: 0.5,
  },
  {
    name: "core",
    proves: "the deciding parts, by table and by scenario; the console's parts without a browser",
    source: { kind: "files", under: ["test/core", "test/ui"], atOnce: 2 },
    needsRoot: false,
    quick: true,
    soak: false,
    fileMinutesMax: 4,
    budgetMinutes: 3,
  },
  {
    name: "scenarios",
    proves: "failover told as text",
    source: { kind: "files", under: ["test/scenarios"], atOnce: 2 },
    needsRoot: false,
    quick: true,
    soak: false,
    fileMinutesMax: 2,
    budgetMinutes: 0.5,
  },
  {
    name: "vectors",
    proves: "both languages read the same bytes on the wire",
    source: { kind: "files", under: ["test/vectors"], atOnce: 2 },
    needsRoot: false,
    quick: true,
    soak: false,
    fileMinutesMax: 1,
    budgetMinutes: 0.5,
  },
  {
    name: "sim",
    proves: "the safety invariants under seeded faults",
    source: { kind: "files", under: ["test/sim", "test/sim-control"], atOnce: 2 },
    needsRoot: false,
    quick: true,
    soak: true,
    fileMinutesMax: 5,
    budgetMinutes: 2,
  },
  {
    name: "console",
    proves: "every page and action of the console in a browser, against the mock cluster",
    source: { kind: "files", under: ["test/console"], atOnce: 2 },
    needsRoot: false,
    quick: false,
    soak: false,
    fileMinutesMax: 4,
    budgetMinutes: 5,
  },
  {
    name: "native",
    proves: "the engine, its store and the mount, in C++ and through the addon",
    source: { kind: "files", under: ["test/native"], atOnce: 1 },
    needsRoot: true,
    quick: false,
    soak: true,
    fileMinutesMax: 4,
    budgetMinutes: 2.5,
  },
  {
    name: "databases",
    proves: "real databases below the mount lose nothing, whichever process is killed",
    source: { kind: "files", under: ["test/databases"], atOnce: 1 },
    needsRoot: true,
    quick: false,
    soak: "only",
    fileMinutesMax: 60,
    budgetMinutes: 0,
  },
  {
    name: "contract",
    proves: "each hypervisor adapter keeps the same contract",
    source: { kind: "files", under: ["test/contract"], atOnce: 1 },
    needsRoot: true,
    quick: false,
    soak: false,
    fileMinutesMax: 4,
    budgetMinutes: 1,
  },
  {
    name: "e2e",
    proves: "two virtual hosts with real guests, through every fault",
    source: { kind: "files", under: ["test/e2e"], atOnce: 1 },
    needsRoot: true,
    quick: false,
    soak: true,
    fileMinutesMax: 6,
    budgetMinutes: 17,
  },
  {
    name: "sabotage-sample",
    proves: "a broken engine turns its named test red",
    source: { kind: "files", under: ["test/sabotage"], atOnce: 1 },
    needsRoot: true,
    quick: false,
    soak: false,
    fileMinutesMax: 8,
    budgetMinutes: 4,
  },
];
