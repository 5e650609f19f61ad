// SPDX-License-Identifier: Apache-2.0
// What becomes of settings files, all of it at once: what is carried out, what is not and why, what is
// refused. Works without a daemon, for files that come from elsewhere and folders full of them.

import type { Command } from "commander";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkModule } from "../../edge/config/module-file.js";
import type { FieldNote } from "../../edge/config/module-field.js";
import { readNamed } from "../options.js";
import { ended, usage } from "../outcome.js";
import type { CliSession } from "../session.js";

interface Checked {
  readonly file: string;
  readonly notes: readonly FieldNote[];
}

export function checkCommand(group: Command, session: CliSession): void {
  group
    .command("check <files...>")
    .description("what of userconfig.xml files, or of all in a folder, would be carried out")
    .action((given: readonly string[]) => {
      const checked = given.flatMap(filesOf).map((file) => ({ file, notes: checkModule(readNamed(file)) }));
      session.print(checked, checked.map(shown).join(""));
      const wrong = checked.filter(({ notes }) => notes.some(({ kind }) => kind === "refused"));
      if (wrong.length > 0)
        throw ended("refused", "GEMEL-4006", `${wrong.length} of ${checked.length} files would be refused.`);
    });
}

/** The file itself, or every XML file below a folder. */
function filesOf(path: string): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const found = readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".xml"),
  );
  if (found.length === 0) throw usage(`there is no XML file below ${path}`);
  return found.sort().map((name) => join(path, name));
}

const words: Readonly<Record<FieldNote["kind"], string>> = {
  carried: "carried out",
  named: "not carried out",
  refused: "refused",
};

function shown({ file, notes }: Checked): string {
  const lines = notes.map(({ line, kind, what, why }) => {
    const said = [what, why].filter((part) => part !== "").join(": ");
    return `  line ${line}: ${words[kind]}: ${said}\n`;
  });
  return `${file}\n${lines.join("")}`;
}
