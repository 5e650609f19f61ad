// SPDX-License-Identifier: Apache-2.0
// Each transcript (*.txt beside this file's source) is one test by its own name.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Player } from "../../core/sim/transcript.js";
import { settle } from "./settle.js";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../../../test/scenarios");

for (const file of readdirSync(folder)
  .filter((name) => name.endsWith(".txt"))
  .sort()) {
  test(file.replace(".txt", ""), async () => {
    await new Player(settle).play(file, readFileSync(join(folder, file), "utf8"));
  });
}
