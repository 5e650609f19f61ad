// SPDX-License-Identifier: Apache-2.0
/**
 * The rules of the tree as tests: what a reviewer would have to remember is held here.
 *
 * Each rule lists everything that breaks it, so that one run shows the whole way to green.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { scatteredBounds } from "./architecture/bounds.js";
import {
  brokenLinks,
  lockedAddresses,
  staleDependencies,
  undocumentedDependencies,
} from "./architecture/documents.js";
import { circles, importViolations, impurities } from "./architecture/imports.js";
import { brokenFaults, brokenRules, missingPages, rulesOf } from "./architecture/rules.js";
import { twiceDefined } from "./architecture/names.js";
import { scatteredTimes } from "./architecture/native.js";
import { fullFolders, tooLong } from "./architecture/shape.js";
import { repositoryFiles, type SourceFile } from "./architecture/tree.js";
import { bannedWords, emptyFileNames, withoutLicence } from "./architecture/words.js";

const files = repositoryFiles();

function holds(rule: string, violations: () => readonly string[]): void {
  test(rule, () => {
    const found = violations();
    assert.equal(found.length, 0, `${rule}:\n  ${found.join("\n  ")}`);
  });
}

holds("imports keep the direction of the design", () => importViolations(files));
holds("no files import each other in a circle", () => circles(files));
holds("deciding folders use no clock, chance, timer or system", () => impurities(files));
holds("bounds stand in their files", () => scatteredBounds(files));
holds("one definition per exported name", () => twiceDefined(files));
holds("times of the data plane stand in native/base/limits.h", () => scatteredTimes(files));
holds("files, functions and lines stay short", () => tooLong(files));
holds("every source file begins with its licence", () => withoutLicence(files));
holds("nothing names a workplace or a registry, nothing is half done", () => bannedWords(files));
holds("file names are nouns of the domain", () => emptyFileNames(files));
holds("the lock file names no address", () => lockedAddresses());
holds("docs/dependencies.md names every dependency", () => undocumentedDependencies());
holds("docs/dependencies.md names nothing that is gone", () => staleDependencies());
holds("links between documents lead somewhere", () => brokenLinks(files));
holds("docs/rules.md has every rule, with what keeps, proves and sabotages it", () => brokenRules(files));
holds("each sabotage finds its one place in the sources", () => brokenFaults(files));
holds("no file cites a page that is not in the tree", () => missingPages(files));

test("folders stay small (a hint, never a failure)", (context) => {
  for (const hint of fullFolders(files)) context.diagnostic(hint);
});

test("the rules notice what they forbid", () => {
  const file = (path: string, ...lines: string[]): SourceFile => ({ path, lines, text: lines.join("\n") });
  const link = file("native/wire/link.h", "");
  const bad = [
    file(
      "core/decide/mirror/step.ts",
      'import { x } from "../ports/hypervisor.js";',
      "const now = Date.now();",
    ),
    file("core/cli/status.ts", "export {", "  y,", '} from "../decide/mirror/types.js";'),
    file("kvm/session.ts", 'const z = await import("../native/index.js");'),
    file("nowhere/thing.ts", ""),
    file("ui/pages/users/Users.tsx", 'import { Card } from "../overview/Card.js";'),
    file("ui/parts/Layout.tsx", 'import { mockTransport } from "../mock/main.js";'),
    file("native/store/bitmap.cc", '#include "../wire/link.h"'),
    file(
      "native/engine/io_gate.cc",
      "Task<int> IoGate::ask() {",
      ...Array<string>(70).fill("  wait();"),
      "}",
    ),
  ];
  assert.equal(importViolations([...bad, link]).length, 7);
  assert.equal(impurities(bad).length, 1);
  const engine = file(
    "native/engine/roles.cc",
    "// std::time would be wrong here",
    "const auto at = std::time(nullptr);",
    "static thread_local BufferPool pool;",
    "constexpr Nanos kLook = limits::kDemotionLook;",
    "Sleep pause(clock, 20 * kMillisecond);",
  );
  assert.equal(impurities([engine]).length, 2);
  assert.equal(scatteredTimes([engine]).length, 2);
  assert.equal(tooLong(bad).length, 1);
  const round = [
    file("ui/parts/a.tsx", 'import type { B } from "./b.js";'),
    file("ui/parts/b.ts", 'export type * from "./a.js";'),
    file("native/wire/a.h", '#include "wire/b.h"'),
    file("native/wire/b.h", '#include "wire/a.h"'),
  ];
  assert.equal(circles(round).length, 4);
  const scattered = file("core/edge/x.ts", "const answerLimitMs = 10_000;", "const tick: Bytes = 3;");
  assert.equal(scatteredBounds([scattered]).length, 1);
  const twins = [file("core/a.ts", "export type Lane = 1;"), file("ui/b.ts", "export const Lane = 1;")];
  assert.equal(twiceDefined(twins).length, 1);
  assert.equal(withoutLicence(bad).length, bad.length);
  const page =
    "### R1 One\n\nText.\n\n- **Kept by** `a.ts`,\n  `b.ts`\n- **Proven by** `c`\n- **Sabotage** `d`\n";
  assert.deepEqual(rulesOf(page), [
    { name: "R1", keptBy: ["a.ts", "b.ts"], provenBy: ["c"], sabotage: ["d"] },
  ]);
  assert.equal(missingPages([file("core/api/x.ts", "// see nowhere" + ".md section 1")]).length, 1);
  assert.ok(
    brokenRules([file("core/api/x.ts", "// R" + "99")]).some((line) => line.includes("cites R" + "99")),
  );
});
