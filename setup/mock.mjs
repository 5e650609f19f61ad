// SPDX-License-Identifier: Apache-2.0
/**
 * Builds the console with its mock cluster, for the tests and pictures that are made of it. Not part of the
 * set-up: whoever only runs Gemel has no use for it.
 */
import { buildConsole } from "./build.mjs";
import { Interrupted, Refusal } from "./command.mjs";

try {
  await buildConsole({ quiet: false, say: (sentence) => console.log(sentence) }, "mock");
} catch (error) {
  if (!(error instanceof Refusal || error instanceof Interrupted)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
