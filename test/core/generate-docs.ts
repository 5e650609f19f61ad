// SPDX-License-Identifier: Apache-2.0
// docs/states.md, docs/errors.md and docs/arbitration.md are made of the code: `node
// dist/test/core/generate-docs.js` writes them, the test beside it fails when they differ.

import { stateNames, type StateName } from "../../core/base/vocabulary.js";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { errorRegistry, httpStatusOf } from "../../core/base/errors.js";
import { dataCodes, refusalCodes } from "../../core/base/mirror-errors.js";
import { coldStart } from "../../core/decide/arbitration/cold-start.js";
import { notRunning, type Right } from "../../core/decide/arbitration/not-running.js";
import type { Table, Words } from "../../core/decide/arbitration/table.js";
import {
  commandHandling,
  eventHandling,
  messageHandling,
  type Handling,
} from "../../core/decide/mirror/handling.js";
import { stabilityOf } from "../../core/decide/mirror/reason.js";
import { reasons, type ReasonCode } from "../../core/base/reasons.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
export const docsFolder = join(root, "docs");

const stateSentences: Readonly<Record<StateName, string>> = {
  STOP: "The module does not run here; its files lie in the folder, unmounted.",
  WAIT: "The mirror is open, the VM verified off; this node finds out whether it may run, follows or waits.",
  ALONE: "This node runs the VM; the other copy does not count. One complete copy.",
  PRIM: "This node runs the VM; the other copy is up to date.",
  SECOND: "The other node runs the VM; this copy follows.",
};

type Rows = Readonly<Record<string, Readonly<Record<StateName, Handling>>>>;

const cell = (handling: Handling): string =>
  handling.kind === "handled" ? handling.how : `*ignored:* ${handling.because}`;

const section = (title: string, rows: Rows): string =>
  [
    `## ${title}`,
    "",
    `| | ${stateNames.join(" | ")} |`,
    `| --- | ${stateNames.map(() => "---").join(" | ")} |`,
    ...Object.entries(rows).map(
      ([name, row]) => `| \`${name}\` | ${stateNames.map((state) => cell(row[state])).join(" | ")} |`,
    ),
    "",
  ].join("\n");

function reasonSection(): string {
  const codes = Object.keys(reasons) as ReasonCode[];
  const colour = (code: ReasonCode): string =>
    [
      ...new Set(stateNames.filter((state) => state !== "STOP").map((state) => stabilityOf(state, code))),
    ].join(", ");
  return [
    "## Reasons",
    "",
    "What `status` gives as the reason, in its words, and the stability it goes with.",
    "",
    "| reason | sentence | next | stability |",
    "| --- | --- | --- | --- |",
    ...codes.map(
      (code) => `| \`${code}\` | ${reasons[code].long} | ${reasons[code].next ?? ""} | ${colour(code)} |`,
    ),
    "",
  ].join("\n");
}

export function statesPage(): string {
  return [
    "# States of a module on one node",
    "",
    "Made of the code (`node dist/test/core/generate-docs.js`); a test holds both together.",
    "",
    "| state | what it means |",
    "| --- | --- |",
    ...stateNames.map((state) => `| ${state} | ${stateSentences[state]} |`),
    "",
    section("State × event", eventHandling),
    section("State × message of the other node", messageHandling),
    section("State × command", commandHandling),
    reasonSection(),
  ].join("\n");
}

export function errorsPage(): string {
  return [
    "# Errors",
    "",
    "Made of the code (`node dist/test/core/generate-docs.js`); a test holds both together.",
    "Each refusal prints the code, what happened and where, and the next command to type.",
    "",
    "| code | HTTP | what it means | what to do |",
    "| --- | --- | --- | --- |",
    ...Object.entries(errorRegistry).map(
      ([code, { sentence, next }]) => `| ${code} | ${httpStatusOf(code)} | ${sentence} | ${next} |`,
    ),
    "",
    "A mirror process refuses in words of its own; these are their codes.",
    "",
    "| word | code |",
    "| --- | --- |",
    ...Object.entries({ ...refusalCodes, ...dataCodes }).map(([word, code]) => `| \`${word}\` | ${code} |`),
    "",
  ].join("\n");
}

function tableSection<Input extends Words<Input>>(
  { title, legend, rows }: Table<Input, unknown>,
  say: (verdict: unknown) => string,
): string {
  const columns = Object.keys(legend) as (keyof Input & string)[];
  const meaning = (column: keyof Input & string): string =>
    Object.entries<string>(legend[column].values)
      .map(([value, words]) => (value === words ? value : `\`${value}\` ${words}`))
      .join("; ");
  const cells = ({
    when,
  }: {
    readonly when: Readonly<Record<string, readonly string[] | undefined>>;
  }): string => columns.map((column) => when[column]?.join(", ") ?? "–").join(" | ");
  return [
    `## ${title}`,
    "",
    "| column | asks | values |",
    "| --- | --- | --- |",
    ...columns.map((column) => `| ${column} | ${legend[column].asks} | ${meaning(column)} |`),
    "",
    `| row | ${columns.join(" | ")} | what follows |`,
    `| --- | ${columns.map(() => "---").join(" | ")} | --- |`,
    ...rows.map((row) => `| ${row.row} | ${cells(row)} | ${say(row.then)} |`),
    "",
  ].join("\n");
}

function rightWords(right: Right): string {
  switch (right.kind) {
    case "run":
      return `**run** on ${right.basis}`;
    case "deny":
      return `**deny**: ${right.why}`;
    case "ask":
      return `ask ${right.whom.map((one) => `the ${one}`).join(" and ")}`;
    case "wait":
      return "wait";
  }
}

export function arbitrationPage(): string {
  return [
    "# Who may run",
    "",
    "Made of the code (`node dist/test/core/generate-docs.js`); a test holds both together, and another one",
    "proves that every input meets exactly one row. “–” means: whatever it is.",
    "",
    tableSection(notRunning, (verdict) => rightWords(verdict as Right)),
    tableSection(coldStart, (verdict) => String(verdict)),
  ].join("\n");
}

export const pages = {
  "arbitration.md": arbitrationPage,
  "states.md": statesPage,
  "errors.md": errorsPage,
} as const;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, page] of Object.entries(pages)) writeFileSync(join(docsFolder, name), page());
}
