// SPDX-License-Identifier: Apache-2.0
// How a password reaches the command line: from a file, from stdin, or typed twice without being shown. Never
// as an argument: those are in everybody's list of processes and in the shell's history.

import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { readNamed } from "./options.js";
import { usage } from "./outcome.js";

/** One line of the file; "-" is stdin. */
export const readPassword = (file: string): string => readNamed(file).split(/\r?\n/)[0] ?? "";

/** From the file if one is named, else typed; without a terminal stdin is read. */
export async function passwordFor(user: string, file: string | undefined): Promise<string> {
  if (file !== undefined) return readPassword(file);
  if (!process.stdin.isTTY) return readPassword("-");
  const first = await typed(`New password for ${user}: `);
  const second = await typed("The same again: ");
  if (first !== second) throw usage("The two are not the same.");
  return first;
}

async function typed(question: string): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_part, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await reader.question("");
  } finally {
    reader.close();
    process.stderr.write("\n");
  }
}
