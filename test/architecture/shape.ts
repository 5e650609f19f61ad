// SPDX-License-Identifier: Apache-2.0
/**
 * The sizes that keep files readable: function ≤ 70 lines, TypeScript file ≤ 400, C++ file
 * ≤ 600, line ≤ 110.
 *
 * TypeScript functions are counted on the syntax tree. In C++, where our format starts every function that is
 * defined outside its class in column 0 and ends it with a brace there, counting those is enough.
 */
import ts from "typescript";
import { isCpp, isSource, isTypeScript, type SourceFile } from "./tree.js";

const functionLinesMax = 70;
const typeScriptLinesMax = 400;
const cppLinesMax = 600;
const columnsMax = 110;
/** Passing it is a hint that a station is missing, not a fault. */
export const folderFilesMax = 8;

export function tooLong(files: readonly SourceFile[]): string[] {
  return files
    .filter(isSource)
    .flatMap((file) => [...longFile(file), ...longLines(file), ...longFunctions(file)]);
}

export function fullFolders(files: readonly SourceFile[]): string[] {
  const counts = new Map<string, number>();
  for (const { path } of files.filter((file) => isTypeScript(file) || isCpp(file))) {
    const folder = path.split("/").slice(0, -1).join("/");
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const full = [...counts].filter(([, count]) => count > folderFilesMax);
  return full.map(([folder, count]) => `${folder}/ holds ${count} files: is a station missing?`);
}

function longFile(file: SourceFile): string[] {
  const max = isCpp(file) ? cppLinesMax : typeScriptLinesMax;
  return file.lines.length > max
    ? [`${file.path} has ${file.lines.length} lines, at most ${max} are wanted`]
    : [];
}

/** Where the formatter is switched off stands a table whose rows must stay rows: it is spared. */
function longLines({ path, lines }: SourceFile): string[] {
  let isTable = false;
  return lines.flatMap((line, index) => {
    if (/^\s*\/\/ clang-format o(n|ff)/.test(line)) isTable = line.includes("off");
    const isLong = line.length > columnsMax && !isTable;
    return isLong ? [`${path}:${index + 1} has ${line.length} columns`] : [];
  });
}

function longFunctions(file: SourceFile): string[] {
  if (isTypeScript(file)) return longTypeScriptFunctions(file);
  return isCpp(file) ? longCppFunctions(file) : [];
}

function longTypeScriptFunctions({ path, text }: SourceFile): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && !isSuite(node)) {
      const begin = source.getLineAndCharacterOfPosition(node.getStart()).line;
      const length = source.getLineAndCharacterOfPosition(node.end).line - begin + 1;
      if (length > functionLinesMax) found.push(`${path}:${begin + 1}: a function of ${length} lines`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The callback of describe() only groups tests: its length is that of a chapter, not of a function. */
function isSuite(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && /^(describe|suite)\b/.test(node.parent.expression.getText());
}

function longCppFunctions({ path, lines }: SourceFile): string[] {
  const found: string[] = [];
  let begin: number | undefined;
  lines.forEach((line, index) => {
    if (
      /^[A-Za-z~].*\(/.test(line) &&
      !/^(namespace|struct|class|enum|union|extern|using|typedef|static_assert)\b/.test(line)
    ) {
      begin ??= index;
    }
    if (/;\s*$/.test(line) && begin === index) begin = undefined;
    if (!/^\}/.test(line) || begin === undefined) return;
    const length = index - begin + 1;
    if (length > functionLinesMax) found.push(`${path}:${begin + 1}: a function of ${length} lines`);
    begin = undefined;
  });
  return found;
}
