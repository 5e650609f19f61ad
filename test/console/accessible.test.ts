// SPDX-License-Identifier: Apache-2.0
/**
 * Every page in both themes before axe-core, nothing switched off; and no page is missing from the list that
 * pictures, axe and keyboard are taken from.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { violations } from "./browser/axe.js";
import { consoleScenarios, type Theme } from "./browser/mock-page.js";
import { views } from "./browser/views.js";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const themes: readonly Theme[] = ["light", "dark"];
const scenario = consoleScenarios();

test("accessible-nothing-forgotten: each route of the console is looked at", () => {
  const text = readFileSync(join(root, "ui", "routes.tsx"), "utf8");
  const routes = [...text.matchAll(/<Route path="([^"]+)"/g)].map(([, path = ""]) => path);
  const seen = new Set(views.map(({ route }) => route));
  assert.deepEqual(
    routes.filter((route) => !seen.has(route)),
    [],
    "routes without a view in test/console/browser/views.ts",
  );
});

for (const view of views)
  scenario(`accessible-${view.name}: in both themes`, view, async (mock) => {
    await mock.sees(mock.page.getByRole("heading", { level: 1, name: view.heading }));
    if (view.seconds > 0) await mock.step(view.seconds);
    for (const theme of themes) {
      await mock.page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await mock.isCalm();
      const found = await violations(mock.page);
      assert.equal(found.length, 0, `${theme}:\n${found.join("\n")}`);
    }
  });
