// SPDX-License-Identifier: Apache-2.0
/**
 * Who may import whom: the walls of the tree as one table.
 *
 *     core/base ← ports ← adapters (kvm, native, …)
 *     base ← decide ← describe, loop ← edge, sim         decide and describe are pure and never see ports
 *     ui, cli → core/api/contract, core/describe/words   kvm and hyperv never each other
 *     only core/main.ts knows everybody
 *     C++: front → engine → {store, wire} → base         never store ↔ wire
 *
 * A row is a prefix of paths and what files below it may import beside their own folder. The longest prefix
 * counts. What core/ has beside these is its edge: free among itself. Circles are nowhere.
 */
import { dirname, join, normalize } from "node:path";
import { isCpp, isTypeScript, type SourceFile } from "./tree.js";

type Row = {
  readonly from: string;
  readonly may: readonly string[];
  readonly mayNot?: readonly string[];
  /** What may be imported for its types alone: words, no code. */
  readonly mayTypes?: readonly string[];
};

const anything = "";
/** The edge carries out what was decided and reports what happened: all of the core, but never an adapter. */
const edge = ["core/"];
/** What must survive is written by one hand (R100). */
const adapterGround = ["core/base/", "core/ports/", "core/edge/record/durable-file.ts"];
const composition = ["core/cli/", "core/main.ts"];
/** The words between daemon and mirror process; they are the mirror's, so they stand beside it. */
const mirrorWords = ["native/index.ts"];

/** What the middle asks of the world, in the words of the port: types, never an adapter. */
const askedWords = ["core/ports/workload.ts", "core/ports/arbiter.ts", "core/ports/fence.ts"];

/** What is beyond the daemon's port: messages go there, no object comes from there, not even as a type. */
const nodesSide = [
  "core/loop/node-loop.ts",
  "core/loop/effects.ts",
  "core/edge/cluster-node.ts",
  "core/edge/node-side.ts",
  "core/edge/mirror/",
  "core/edge/workload/",
];
/** What answers calls in a browser, too. */
const calledData = [
  "core/edge/config/module-",
  "core/edge/config/cluster-file.ts",
  "core/edge/config/xml.ts",
];

/** What a browser may see of the core: words and types, no code that touches a system. */
const browserWords = ["core/base/", "core/api/contract", "core/api/calls/", "core/describe/words/"];
/** What can be played where there is no Node. */
const pureMiddle = ["core/decide/", "core/describe/", "core/sim/"];
const pageFolder = /^ui\/pages\/([^/]+)\//;
/** What a page stands on: never another page, each is a chunk of its own. */
const pageGround = ["parts/", "live/", "api.", "asking.", "session.", "paths.", "theme.", "presence."];

const typeScriptRows: readonly Row[] = [
  { from: "core/base/", may: [] },
  { from: "core/ports/", may: ["core/base/"] },
  // What decides: pure. The order within it is that of a failover: who is there, then what is to be done.
  { from: "core/decide/liveness/", may: ["core/base/"] },
  { from: "core/decide/arbitration/", may: ["core/base/"], mayTypes: [...askedWords, ...mirrorWords] },
  {
    from: "core/decide/mirror/",
    may: ["core/base/", "core/decide/liveness/", "core/decide/arbitration/"],
    mayTypes: [...askedWords, ...mirrorWords],
  },
  // It speaks: its sentences take their quantities from the one place that words them, its plan is an answer.
  {
    from: "core/decide/placement/",
    may: ["core/base/", "core/describe/words/"],
    mayTypes: ["core/api/contract"],
  },
  { from: "core/describe/words/", may: ["core/base/", "core/api/contract"] },
  {
    from: "core/describe/",
    may: ["core/base/", "core/decide/"],
    mayTypes: ["core/api/contract", ...askedWords, ...mirrorWords],
  },
  {
    from: "core/loop/",
    may: ["core/base/", "core/ports/", "core/decide/"],
    mayTypes: mirrorWords,
  },
  // What the product's own loop stands on when time is fake; a browser runs it, too.
  {
    from: "core/sim/",
    may: ["core/base/", "core/ports/", "core/decide/", "core/describe/", "core/loop/"],
    mayTypes: mirrorWords,
  },
  // A browser loads these: what its calls are asked with and answer is there for its types alone.
  { from: "core/api/contract", may: ["core/base/"], mayTypes: ["core/api/calls/", "core/api/schemas/"] },
  { from: "core/api/calls/", may: ["core/base/", "core/api/contract"], mayTypes: ["core/api/schemas/"] },
  { from: "core/api/schemas/", may: ["core/base/"], mayTypes: ["core/ports/"] },
  {
    from: "core/api/",
    may: ["core/base/", "core/edge/access/", "core/edge/network/secure-socket.ts"],
    mayNot: ["core/loop/", ...nodesSide],
  },
  {
    from: "core/edge/calls/",
    may: [
      "core/base/",
      "core/api/",
      "core/decide/",
      "core/describe/",
      "core/edge/cluster/shared-entries.ts",
      ...calledData,
    ],
    mayNot: ["core/loop/", ...nodesSide],
    mayTypes: ["core/edge/", ...mirrorWords],
  },
  { from: "core/edge/metrics/", may: edge, mayNot: [...composition, ...nodesSide], mayTypes: mirrorWords },
  { from: "core/edge/record/history", may: edge, mayNot: [...composition, ...nodesSide] },
  // Settings are judged without a daemon, too.
  { from: "core/cli/", may: [...browserWords, "core/edge/config/module-"] },
  { from: "core/main.ts", may: [anything] },
  { from: "core/", may: edge, mayNot: composition, mayTypes: mirrorWords },
  { from: "kvm/", may: adapterGround },
  { from: "hyperv/", may: adapterGround },
  { from: "native/", may: ["core/base/", "core/ports/"] },
  { from: "ui/", may: browserWords, mayNot: ["ui/pages/", "ui/mock/"] },
  // The only ones that name pages, and the one that may choose the mock cluster.
  { from: "ui/routes", may: ["ui/"], mayNot: ["ui/mock/"] },
  { from: "ui/App", may: ["ui/"], mayNot: ["ui/mock/"] },
  { from: "ui/handover/", may: ["ui/", ...browserWords], mayNot: ["ui/mock/"] },
  { from: "ui/main", may: ["ui/"], mayNot: ["ui/pages/"] },
  // It plays the daemon: its pure middle over simulated hosts, asked by the daemon's own calls.
  {
    from: "ui/mock/",
    may: [
      ...browserWords,
      ...pureMiddle,
      ...calledData,
      "core/api/door.ts",
      "core/api/schemas/",
      "core/edge/calls/",
      "core/edge/port.ts",
      "core/edge/access/users.ts",
      "core/edge/access/login-guard.ts",
      "core/edge/cluster/shared-entries.ts",
      "ui/api.ts",
    ],
    mayTypes: ["core/api/", "core/edge/", ...mirrorWords],
  },
  { from: "test/", may: [anything] },
];

/** Files of store and wire never see each other: base is all they share. */
const cppRows: readonly Row[] = [
  { from: "native/base/", may: [] },
  { from: "native/store/", may: ["native/base/"] },
  { from: "native/wire/", may: ["native/base/"] },
  { from: "native/engine/", may: ["native/store/", "native/wire/", "native/base/"] },
  { from: "native/front/fuse/", may: ["native/engine/", "native/base/"] },
  {
    from: "native/control/",
    may: ["native/front/", "native/engine/", "native/store/", "native/wire/", "native/base/", "native/guest"],
  },
  { from: "native/", may: ["native/"] },
  { from: "test/", may: [anything] },
];

/** Folders whose decisions must replay: no clock, chance, timer, process or system inside. */
const pureFolders = ["core/decide/", "core/describe/", "core/loop/", "core/sim/"];
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

/** The engine, the store and the wire ask the world through native/base/env.h alone. */
const pureCppFolders = ["native/engine/", "native/store/", "native/wire/"];
const bannedCpp = new RegExp(
  [
    /\bstd::(time|chrono|thread|mutex|random_device|mt19937)\b|\bthread_local\b|\bgetenv\(/,
    /\b(clock_gettime|gettimeofday|getrandom|s?rand|usleep|nanosleep)\(/,
    /\b[fv]?printf\(|std::c(out|err|log)\b/,
  ]
    .map(({ source }) => source)
    .join("|"),
);

export function impurities(files: readonly SourceFile[]): string[] {
  const below = (folders: readonly string[]): readonly SourceFile[] =>
    files.filter(({ path }) => folders.some((folder) => path.startsWith(folder)));
  return [...impure(below(pureFolders), banned), ...impure(below(pureCppFolders).filter(isCpp), bannedCpp)];
}

function impure(files: readonly SourceFile[], forbidden: RegExp): string[] {
  return files.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => {
      const found = forbidden.exec(line.replace(/^\s*(\*|\/\/|\/\*).*/, ""));
      return found === null ? [] : [`${path}:${index + 1}: ${found[0]} makes this decision unrepeatable`];
    }),
  );
}

type Import = { readonly target: string; readonly isType: boolean };

function judge(file: SourceFile, imports: readonly Import[], rows: readonly Row[]): string[] {
  const row = pageRow(file.path) ?? rowOf(file.path, rows);
  if (row === undefined)
    return [`${file.path}: no row of test/architecture/imports.ts says what it may import`];
  const code = [...row.may, row.from];
  const types = [...code, ...(row.mayTypes ?? [])];
  const meets = (target: string, prefixes: readonly string[]): boolean =>
    prefixes.some((prefix) => target.startsWith(prefix));
  return imports
    .filter(({ target, isType }) => !meets(target, isType ? types : code) || meets(target, row.mayNot ?? []))
    .map(
      ({ target }) =>
        `${file.path} imports ${target}; ${row.from} may import: ${row.may.join(", ") || "nothing"}`,
    );
}

function pageRow(path: string): Row | undefined {
  const own = pageFolder.exec(path)?.[0];
  if (own === undefined) return undefined;
  return { from: own, may: [...browserWords, ...pageGround.map((name) => `ui/${name}`)] };
}

function rowOf(path: string, rows: readonly Row[]): Row | undefined {
  return rows.filter(({ from }) => path.startsWith(from)).sort((a, b) => b.from.length - a.from.length)[0];
}

/** Where no file leans on another one in a circle. The console's mock world is being replaced. */
const acyclic = /^(core|kvm|hyperv|native|ui)\/(?!mock\/)/;

/**
 * Files that import each other in a circle, types and C++ headers included: one of them is in the wrong
 * place, or is handed more than it uses.
 */
export function circles(files: readonly SourceFile[]): string[] {
  const known = new Set(files.map(({ path }) => path));
  const found = (target: string): string => (known.has(target) ? target : `${target}x`);
  const edges = new Map<string, Set<string>>();
  for (const file of files.filter(({ path }) => acyclic.test(path))) {
    if (isTypeScript(file))
      edges.set(file.path, new Set(typeScriptImports(file).map(({ target }) => found(target))));
    if (isCpp(file)) edges.set(file.path, new Set(cppIncludes(file, files).map(({ target }) => target)));
  }
  return [...edges.keys()].filter((path) => reaches(edges, path, path));
}

function reaches(edges: ReadonlyMap<string, ReadonlySet<string>>, from: string, goal: string): boolean {
  const seen = new Set<string>();
  const waiting = [...(edges.get(from) ?? [])];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (folder === goal) return true;
    if (seen.has(folder)) continue;
    seen.add(folder);
    waiting.push(...(edges.get(folder) ?? []));
  }
  return false;
}

const importStatement = /(?:^|\n)\s*(import|export)\b(\s+type\b)?(?:[^;"'`]*?\bfrom)?\s*["'](\.[^"']+)["']/g;
const importExpression = /import\(\s*["'](\.[^"']+)["']/g;

function typeScriptImports({ path, text }: SourceFile): Import[] {
  const place = (name: string): string => normalize(join(dirname(path), name)).replace(/\.js$/, ".ts");
  const statements = [...text.matchAll(importStatement)];
  return [
    ...statements.map(([, , type, name = ""]) => ({ target: place(name), isType: type !== undefined })),
    ...[...text.matchAll(importExpression)].map(([, name = ""]) => ({ target: place(name), isType: false })),
  ];
}

function cppIncludes({ path, text }: SourceFile, files: readonly SourceFile[]): Import[] {
  const names = [...text.matchAll(/^#include "([^"]+)"/gm)].map(([, name = ""]) => name);
  const known = new Set(files.map((file) => file.path));
  const candidates = (name: string): string[] => [normalize(join(dirname(path), name)), join("native", name)];
  const found = names.flatMap((name) => candidates(name).find((candidate) => known.has(candidate)) ?? []);
  return found.map((target) => ({ target, isType: false }));
}
