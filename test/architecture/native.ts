// SPDX-License-Identifier: Apache-2.0
/**
 * The bounds of the data plane stand in one header, each with how it was chosen.
 */
import { isCpp, type SourceFile } from "./tree.js";

const boundsFile = "native/base/limits.h";
/** A span with a number of its own, or one with a name of its own. */
const namesTime = /\b\d[\d']* \* k(Second|Millisecond)\b|\bconstexpr Nanos k\w+ =/;
/** The units themselves. */
const units = "native/base/types.h";

export function scatteredTimes(files: readonly SourceFile[]): string[] {
  const others = files.filter(
    (file) =>
      isCpp(file) && file.path.startsWith("native/") && file.path !== boundsFile && file.path !== units,
  );
  return others.flatMap((file) => found(file, namesTime, `is a bound: ${boundsFile} says how it was chosen`));
}

function found({ path, lines }: SourceFile, pattern: RegExp, why: string): string[] {
  return lines.flatMap((line, index) => {
    const hit = pattern.exec(line.replace(/^\s*(\/\/|\/\*|\*).*/, ""));
    return hit === null ? [] : [`${path}:${index + 1}: ${hit[0]} ${why}`];
  });
}
