// SPDX-License-Identifier: Apache-2.0
/**
 * Who may import whom: design.md section 7 as one table.
 *
 *     core/base ← ports ← adapters (kvm, native, …)
 *     heartbeat ← membership ← failover ← node          the stations never see ports
 *     ui, cli → core/api/contract only                  kvm and hyperv never each other
 *     only core/main.ts knows everybody
 *     C++: mount → engine → {store, wire} → base        never store ↔ wire
 *
 * A row is a prefix of paths and what files below it may import beside their own folder. The longest prefix
 * counts. A file of core/ that meets no row is refused: a new station gets its row here first.
 */
import { dirname, join, normalize } from "node:path";
import { isCpp, isTypeScript, type SourceFile } from "./tree.js";

type Row = { readonly from: string; readonly may: readonly string[] };

const anything = "";
const station = ["core/base/"];

const edge = [
  "core/base/",
  "core/ports/",
  "core/failover/",
  "core/membership/",
  "core/config/",
  "core/api/contract",
];

const typeScriptRows: readonly Row[] = [
  { from: "core/base/", may: [] },
  { from: "core/ports/", may: ["core/base/"] },
  // The stations, in the order of a failover: pure.
  { from: "core/heartbeat/", may: station },
  { from: "core/membership/", may: [...station, "core/heartbeat/"] },
  { from: "core/failover/", may: [...station, "core/heartbeat/", "core/membership/"] },
  { from: "core/placement/", may: station },
  // The edge: carries out what was decided and reports what happened.
  { from: "core/config/", may: ["core/base/", "core/ports/"] },
  { from: "core/cluster/", may: ["core/base/", "core/ports/", "core/config/", "core/api/contract"] },
  { from: "core/mirror/", may: [...edge, "native/index.ts"] },
  { from: "core/peer/", may: [...edge, "core/cluster/", "core/heartbeat/"] },
  { from: "core/protect/", may: [...edge, "core/mirror/", "native/index.ts"] },
  { from: "core/history", may: ["core/base/", "core/ports/", "core/failover/"] },
  {
    from: "core/effects",
    may: [...edge, "core/mirror/", "core/peer/", "core/protect/", "core/history", "native/index.ts"],
  },
  { from: "core/node.ts", may: [...edge, "core/heartbeat/", "core/effects", "core/history"] },
  { from: "core/api/contract", may: ["core/base/"] },
  { from: "core/api/", may: [...edge, "core/cluster/", "core/history", "core/node.ts", "core/protect/"] },
  { from: "core/cli/", may: ["core/base/", "core/api/contract"] },
  { from: "core/main.ts", may: [anything] },
  { from: "kvm/", may: ["core/base/", "core/ports/"] },
  { from: "hyperv/", may: ["core/base/", "core/ports/"] },
  { from: "native/", may: ["core/base/", "core/ports/"] },
  { from: "ui/", may: ["core/base/", "core/api/contract"] },
  { from: "test/", may: [anything] },
];

/** Files of store and wire never see each other: base is all they share. */
const cppRows: readonly Row[] = [
  { from: "native/base/", may: [] },
  { from: "native/store/", may: ["native/base/"] },
  { from: "native/wire/", may: ["native/base/"] },
  { from: "native/engine/", may: ["native/store/", "native/wire/", "native/base/"] },
  { from: "native/mount/", may: ["native/engine/", "native/base/"] },
  { from: "native/", may: ["native/"] },
  { from: "test/", may: [anything] },
];

/** Folders whose decisions must replay: no clock, chance, timer, process or system inside. */
const pureFolders = ["core/failover/", "core/membership/", "core/placement/"];
const banned = new RegExp(
  [
    /Date\.now|new Date\(\)|Math\.random|performance\.now/,
    /set(Timeout|Interval|Immediate)\(|\bprocess\.|from "node:/,
  ]
    .map(({ source }) => source)
    .join("|"),
);

export function importViolations(files: readonly SourceFile[]): string[] {
  return [
    ...files.filter(isTypeScript).flatMap((file) => judge(file, typeScriptImports(file), typeScriptRows)),
    ...files.filter(isCpp).flatMap((file) => judge(file, cppIncludes(file, files), cppRows)),
  ];
}

export function impurities(files: readonly SourceFile[]): string[] {
  const pure = files.filter(({ path }) => pureFolders.some((folder) => path.startsWith(folder)));
  return pure.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => {
      const found = banned.exec(line.replace(/^\s*(\*|\/\/|\/\*).*/, ""));
      return found === null ? [] : [`${path}:${index + 1}: ${found[0]} makes this decision unrepeatable`];
    }),
  );
}

function judge(file: SourceFile, targets: readonly string[], rows: readonly Row[]): string[] {
  const row = rows
    .filter(({ from }) => file.path.startsWith(from))
    .sort((a, b) => b.from.length - a.from.length)[0];
  if (row === undefined)
    return [`${file.path}: no row of test/architecture/imports.ts says what it may import`];
  const allowed = [...row.may, row.from];
  return targets
    .filter((target) => !allowed.some((prefix) => target.startsWith(prefix)))
    .map(
      (target) =>
        `${file.path} imports ${target}; ${row.from} may import: ${row.may.join(", ") || "nothing"}`,
    );
}

function typeScriptImports({ path, text }: SourceFile): string[] {
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^;"'`]*?["'](\.[^"']+)["']|import\(\s*["'](\.[^"']+)["']/g,
  );
  return [...found].map(([, plain, dynamic]) => {
    const target = normalize(join(dirname(path), plain ?? dynamic ?? ""));
    return target.replace(/\.js$/, ".ts");
  });
}

function cppIncludes({ path, text }: SourceFile, files: readonly SourceFile[]): string[] {
  const names = [...text.matchAll(/^#include "([^"]+)"/gm)].map(([, name = ""]) => name);
  const known = new Set(files.map((file) => file.path));
  const candidates = (name: string): string[] => [normalize(join(dirname(path), name)), join("native", name)];
  return names.flatMap((name) =>
    candidates(name)
      .filter((candidate) => known.has(candidate))
      .slice(0, 1),
  );
}
