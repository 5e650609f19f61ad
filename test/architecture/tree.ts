// SPDX-License-Identifier: Apache-2.0
/**
 * The files of the repository as the architecture's rules see them: what git tracks, and what is new and not
 * ignored. Generated and downloaded files are never among them.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

export type SourceFile = { readonly path: string; readonly text: string; readonly lines: readonly string[] };

const textual = /\.(ts|tsx|mjs|js|cc|h|c|md|json|sh|xml|txt|gyp|gypi|ps1|service)$|^\.ci\/|^[^/]*$/;

export function repositoryFiles(): SourceFile[] {
  const argv = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const listing = execFileSync("git", argv, { cwd: root, encoding: "utf8" });
  const paths = [...new Set(listing.split("\0"))].filter((path) => path !== "" && textual.test(path));
  // A tracked file may have been deleted and not yet committed.
  return paths.filter((path) => existsSync(join(root, path))).map(read);
}

export const isTypeScript = ({ path }: SourceFile): boolean => /\.tsx?$/.test(path);
export const isCpp = ({ path }: SourceFile): boolean => /\.(cc|h|c)$/.test(path);

/** Everything that a person wrote as a program. */
export const isSource = (file: SourceFile): boolean =>
  isTypeScript(file) || isCpp(file) || /\.(mjs|sh|ps1)$/.test(file.path);

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return { path, text, lines };
}
