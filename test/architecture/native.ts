// SPDX-License-Identifier: Apache-2.0
/**
 * The engine decides as repeatably as the control plane, and its bounds stand in one header.
 *
 * What decides in C++ takes time, chance and disks from its ports (native/base/env.h), so that the simulator
 * runs the same code on its own. What may not be asked of the system there is found by name.
 */
import { isCpp, type SourceFile } from "./tree.js";

const deciding = ["native/engine/"];
const asksTheSystem = new RegExp(
  [
    /\bstd::(time|chrono|thread|mutex|random_device|mt19937)\b|\bthread_local\b/,
    /\b(clock_gettime|gettimeofday|getrandom|rand|usleep|nanosleep)\(/,
  ]
    .map(({ source }) => source)
    .join("|"),
);

const boundsFile = "native/base/limits.h";
/** A span with a number of its own, or one with a name of its own. */
const namesTime = /\b\d[\d']* \* k(Second|Millisecond)\b|\bconstexpr Nanos k\w+ =/;
/** The units themselves. */
const units = "native/base/types.h";

export function engineImpurities(files: readonly SourceFile[]): string[] {
  const pure = files.filter((file) => isCpp(file) && deciding.some((folder) => file.path.startsWith(folder)));
  return pure.flatMap((file) => found(file, asksTheSystem, "makes this decision unrepeatable: ask a port"));
}

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
