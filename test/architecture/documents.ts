// SPDX-License-Identifier: Apache-2.0
/**
 * Documents and lock file in step with the code: every dependency has its sentence, no lock names an address.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, type SourceFile } from "./tree.js";

export function undocumentedDependencies(): string[] {
  const manifest = readJson("package.json") as Record<
    "dependencies" | "devDependencies",
    Record<string, string>
  >;
  const packages = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)];
  const table = readFileSync(join(root, "setup/packages.mjs"), "utf8");
  const system = [...table.matchAll(/\{\s*name: "([^"]+)"/g)].map(([, name = ""]) => name);
  const page = readFileSync(join(root, "docs/dependencies.md"), "utf8");
  return [...packages, ...system].filter((name) => !page.includes(`\n| \`${name}\` `));
}

/** Names in docs/dependencies.md that nothing asks for any more. */
export function staleDependencies(): string[] {
  const page = readFileSync(join(root, "docs/dependencies.md"), "utf8");
  const asked =
    readFileSync(join(root, "package.json"), "utf8") + readFileSync(join(root, "setup/packages.mjs"), "utf8");
  const named = [...page.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, name = ""]) => name);
  return named.filter((name) => !asked.includes(`"${name}"`));
}

export function lockedAddresses(): string[] {
  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  return lock.split("\n").filter((line) => /"resolved"|https?:\/\/registry/.test(line));
}

/** Links between documents that lead nowhere. */
export function brokenLinks(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  const isThere = (target: string): boolean =>
    paths.has(target) || [...paths].some((p) => p.startsWith(`${target}/`)) || isPicture(target);
  return files
    .filter(({ path }) => path.endsWith(".md"))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .map(([, link = ""]) => join(path, "..", link).replace(/\/$/, ""))
        .filter((target) => !isThere(target))
        .map((target) => `${path} links to ${target}, which is not there`),
    );
}

/** Pictures are no text, so they are not among the files. */
const isPicture = (target: string): boolean => target.endsWith(".png") && existsSync(join(root, target));

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}
