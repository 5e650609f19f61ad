// SPDX-License-Identifier: Apache-2.0
/**
 * docs/rules.md in step with the code: every rule that is cited stands there with the files that keep it, the
 * tests that prove it and the sabotage that turns one of them red; and no file leans on a page that a reader
 * of this repository cannot open.
 */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { controlFaults } from "../sabotage/control-faults.js";
import { engineFaults } from "../sabotage/engine-faults.js";
import { placeOf, type Fault } from "../sabotage/fault.js";
import { root, type SourceFile } from "./tree.js";

const pagePath = "docs/rules.md";
const faults: readonly Fault[] = [...controlFaults, ...engineFaults];

interface Rule {
  readonly name: string;
  readonly keptBy: readonly string[];
  readonly provenBy: readonly string[];
  readonly sabotage: readonly string[];
}

/** A heading `### R14 Denied` and the lines `- **Kept by** …` below it. */
export function rulesOf(page: string): readonly Rule[] {
  return page
    .split(/^###? /m)
    .filter((part) => /^R\d+ /.test(part))
    .map((part) => {
      const listed = (word: string): readonly string[] => {
        const [, list = ""] =
          new RegExp(`^- \\*\\*${word}\\*\\* ((?:.+\\n)(?: {2}.+\\n)*)`, "m").exec(part) ?? [];
        return [...list.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
      };
      return {
        name: part.slice(0, part.indexOf(" ")),
        keptBy: listed("Kept by"),
        provenBy: listed("Proven by"),
        sabotage: listed("Sabotage"),
      };
    });
}

const unprovenOf = (page: string): readonly string[] =>
  [...(/^## Unproven$([^]*?)^## /m.exec(page)?.[1] ?? "").matchAll(/\bR\d+\b/g)].map(([name]) => name);

const readPage = (files: readonly SourceFile[]): string =>
  files.find(({ path }) => path === pagePath)?.text ?? "";

/** Where a rule may be cited: everything but the page itself, whose numbers for later are no rules yet. */
const cited = /\bR[1-9]\d?\b/g;
const citing = /^(core|kvm|native|setup|test|ui|docs)\/|^(README|CONTRIBUTING)\.md$/;

export function brokenRules(files: readonly SourceFile[]): string[] {
  const page = readPage(files);
  const rules = rulesOf(page);
  const names = new Set(rules.map(({ name }) => name));
  const unknown = files
    .filter(({ path }) => path !== pagePath && citing.test(path))
    .flatMap(({ path, text }) =>
      [...new Set(text.match(cited))]
        .filter((name) => !names.has(name))
        .map((name) => `${path} cites ${name}, which ${pagePath} does not have`),
    );
  const tests = testNames(files);
  const complaints = rules.flatMap((rule) => [
    ...keptBy(rule),
    ...provenBy(rule, tests),
    ...sabotaged(rule, unprovenOf(page)),
  ]);
  return [...unknown, ...complaints];
}

function keptBy({ name, keptBy: paths }: Rule): string[] {
  if (paths.length === 0) return [`${name}: no file keeps it`];
  return paths.flatMap((path) => {
    const text = textOf(path);
    if (text === undefined) return [`${name} is kept by ${path}, which is not there`];
    return new RegExp(`\\b${name}\\b`).test(text) ? [] : [`${path} keeps ${name} and does not cite it`];
  });
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return undefined;
  }
}

const provenBy = ({ name, provenBy: proofs }: Rule, tests: ReadonlySet<string>): string[] =>
  proofs.length === 0
    ? [`${name}: no test proves it`]
    : proofs.filter((proof) => !tests.has(proof)).map((proof) => `${name}: there is no test ${proof}`);

function sabotaged({ name, provenBy: proofs, sabotage }: Rule, unproven: readonly string[]): string[] {
  const own = faults.filter(({ rules }) => rules.includes(name));
  const complaints = own
    .filter(({ test }) => !proofs.includes(shortName(test)))
    .map((fault) => `${name}: ${fault.name} turns ${fault.test} red, which does not stand under "Proven by"`);
  const listed = [...sabotage].sort().join(", ");
  const found = own
    .map((fault) => fault.name)
    .sort()
    .join(", ");
  if (listed !== found)
    complaints.push(`${name}: the page's sabotage is "${listed}", test/sabotage has "${found}"`);
  if (own.length === 0 && !unproven.includes(name))
    complaints.push(`${name}: nothing turns a test red and it does not stand under "Unproven"`);
  if (own.length > 0 && unproven.includes(name))
    complaints.push(`${name} stands under "Unproven" and has a sabotage`);
  return complaints;
}

/** Named by scenario: what follows a colon is for people, and C++ writes its names with underscores. */
const shortName = (test: string): string => test.replace(/:.*/, "").replaceAll("_", "-");

function testNames(files: readonly SourceFile[]): ReadonlySet<string> {
  const names = files.flatMap(({ path, text }) => {
    if (/^test\/scenarios\/.*\.txt$/.test(path)) return [basename(path, ".txt")];
    if (/^test\/native\/.*\.cc$/.test(path))
      return [...text.matchAll(/^TEST\((\w+)\)/gm)].map(([, name = ""]) => name);
    if (!/^test\/.*\.ts$/.test(path)) return [];
    return [...text.matchAll(/\b(?:test|scenario)\(\s*["`]([^"`]+)["`]/g)].map(([, name = ""]) => name);
  });
  return new Set(names.map(shortName));
}

/** What a fault exchanges stands in the sources exactly once, and its name is its own. */
export function brokenFaults(files: readonly SourceFile[]): string[] {
  const places = faults.map((fault) => placeOf(fault, files));
  const names = faults.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [
    ...places.filter((place) => typeof place === "string"),
    ...twice.map((name) => `two faults are called ${name}`),
  ];
}

/** A page by its file name, as comments and sentences cite it. */
const pageName = /\b[\w-]+\.md\b/g;

export function missingPages(files: readonly SourceFile[]): string[] {
  const pages = new Set(files.map(({ path }) => basename(path)));
  return files
    .filter(({ path }) => citing.test(path))
    .flatMap(({ path, lines }) =>
      lines.flatMap((line, index) =>
        (line.match(pageName) ?? [])
          .filter((name) => !pages.has(name))
          .map((name) => `${path}:${index + 1} cites ${name}, which is not in the tree`),
      ),
    );
}
