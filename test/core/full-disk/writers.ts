// SPDX-License-Identifier: Apache-2.0
// On a small disk (disk.ts): each file that lasts is written once, then again and larger with one page left.
// Says of each writer what became of the good file.

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { moduleFile, pathsUnder } from "../../../core/edge/config/paths.js";
import {
  keepWhole,
  writeDurable,
  writeTogether,
  writeWhole,
} from "../../../core/edge/record/durable-file.js";
import { NodeRecordWriter, readNodeRecord, type NodeRecord } from "../../../core/edge/record/node-record.js";
import { writeMarks } from "../../../kvm/install/guard.js";
import { fill } from "./disk.js";

const [, , disk = ""] = process.argv;
const at = (name: string): string => join(disk, name);
const paths = pathsUnder({ etc: at("etc"), state: at("state"), run: at("run") });

interface Writer {
  readonly file: string;
  readonly write: (text: string) => unknown;
  /** Nobody has asked for it: no person is told. */
  readonly unasked?: true;
}

const writers: Readonly<Record<string, Writer>> = {
  "userconfig.xml": {
    file: moduleFile(paths, "cam1"),
    write: (text) => writeWhole(moduleFile(paths, "cam1"), text, 0o644),
  },
  "protect's journal": {
    file: at("journal.json"),
    write: (text) => writeDurable(at("journal.json"), 1, { text }),
  },
  "a key beside its certificate": {
    file: at("tls/console.key"),
    write: (text) =>
      writeTogether([
        { path: at("tls/console.key"), text: `key of ${text.length}` },
        { path: at("tls/console.pem"), text },
      ]),
  },
  "the last status": {
    file: at("status.json"),
    write: async (text) => keepWhole(at("status.json"), text),
    unasked: true,
  },
  "a mark of the start guard": {
    file: at("marks/vm"),
    write: async (text) =>
      writeMarks({ hooks: at("hooks"), marks: at("marks") }, [{ id: "vm", module: text }]),
  },
};

const said: Record<string, string> = {};
for (const [name, writer] of Object.entries(writers)) {
  await writer.write("good");
  fill(at("ballast"), 4096);
  said[name] = await tried(writer);
  rmSync(at("ballast"));
}
said["the node's record"] = await recorded();
process.stdout.write(`${JSON.stringify(said)}\n`);

async function tried({ file, write, unasked }: Writer): Promise<string> {
  const good = readFileSync(file, "utf8");
  const refused = await Promise.resolve()
    .then(() => write("x".repeat(20_000)))
    .then(
      () => undefined,
      (error: unknown) => error as Error & { readonly code?: string },
    );
  if (refused === undefined) return "a failure that nobody heard of";
  const isNamed =
    refused.code === "GEMEL-4026" && /could not be written.*: the disk is full/.test(refused.message);
  if (!isNamed && unasked !== true) return `not named: ${refused.message}`;
  if (readFileSync(file, "utf8") !== good) return "torn";
  return readdirSync(join(file, "..")).some((one) => one.endsWith(".new")) ? "whole, room taken" : "whole";
}

/** Its slots have their room from the first write on; without room there is no slot that looks torn. */
async function recorded(): Promise<string> {
  const [early, late] = [at("early.json"), at("late.json")];
  const record = (wish: string): NodeRecord => ({
    node: "alpha",
    modules: { cam1: { wish } },
  });
  const writer = new NodeRecordWriter(early, 0);
  await writer.write(record("run"));
  fill(at("ballast"));
  await writer.write(record("stop"));
  await writer.write(record("run"));
  const refused = await new NodeRecordWriter(late, 0).write(record("run")).then(
    () => false,
    () => true,
  );
  const kept = JSON.stringify(readNodeRecord(early).record) === JSON.stringify(record("run"));
  const { trouble } = readNodeRecord(late);
  return kept && refused && trouble === undefined ? "whole" : JSON.stringify({ kept, refused, trouble });
}
