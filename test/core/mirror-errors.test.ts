// SPDX-License-Identifier: Apache-2.0
// Every word with which a mirror process refuses has a code of its own: the words are read out of its source.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { errorRegistry } from "../../core/base/errors.js";
import { dataCodes, refusalCodes } from "../../core/base/mirror-errors.js";
import { MirrorRefusal } from "../../core/edge/mirror/client.js";
import { explain } from "../../core/edge/mirror/mirror-settings.js";

const native = join(import.meta.dirname, "../../../native");
/** refuse("word", …) · Problem{"word", …} · refused({"word", …}) · what the table of identity says. */
const saidWith = [
  /\brefuse\(\s*"([a-z-]+)"/g,
  /\bProblem(?:\s+\w+)?\{\s*"([a-z-]+)"/g,
  /\brefused\(\s*\{\s*"([a-z-]+)"/g,
  /\bcode = (?:\w+ \? )?"([a-z-]+)"(?: : "([a-z-]+)")?/g,
  /Kind::(?:not_there|unknown|refused), (?:'\w', )?"([a-z-]+)"/g,
  /\bcode: "([a-z-]+)"/g,
];

function words(): Set<string> {
  const folders = ["control", "engine", "front/fuse", "store", ""].map((name) => join(native, name));
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /\.(cc|h|ts)$/.test(name))
      .map((name) => join(folder, name)),
  );
  const texts = files.map((file) => readFileSync(file, "utf8"));
  const found = texts.flatMap((text) =>
    saidWith.flatMap((pattern) => [...text.matchAll(pattern)].flatMap(([, ...said]) => said)),
  );
  return new Set((found as (string | undefined)[]).filter((word) => word !== undefined));
}

test("every-word-of-a-mirror-process-has-a-code", () => {
  const said = words();
  for (const word of ["still-open", "caches", "in-use", "volume-not-mounted", "newer-format", "bad-request"])
    assert.ok(said.has(word), `${word} is found in the source`);
  const known = { ...refusalCodes, ...dataCodes };
  assert.deepEqual(
    [...said].filter((word) => !Object.hasOwn(known, word)),
    [],
    "words without a code",
  );
  assert.deepEqual(
    Object.keys(known).filter((word) => !said.has(word)),
    [],
    "codes of words that nobody says",
  );
  for (const code of Object.values(known)) assert.ok(Object.hasOwn(errorRegistry, code), code);
});

test("a-refusal-keeps-what-the-mirror-says", () => {
  const of = (code: string): ReturnType<typeof explain> =>
    explain(new MirrorRefusal({ code, message: "Exactly this.", next: "Its own step." }), "cam1");
  assert.deepEqual(of("busy"), {
    code: "GEMEL-2028",
    message: "The copies are being compared already. Exactly this.",
    where: "cam1",
    next: "See how far it is with: gemel status",
  });
  const { code, message, next } = of("volume-not-mounted");
  assert.deepEqual([code, next], ["GEMEL-2001", "Its own step."]);
  assert.match(message, /Exactly this\.$/);
  assert.equal(of("said-by-a-newer-one").code, "GEMEL-2010");
  assert.equal(of("said-by-a-newer-one").next, "Its own step.");
});
