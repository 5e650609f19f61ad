// SPDX-License-Identifier: Apache-2.0
/**
 * Bounds of the control plane stand in core/base/limits.ts and core/base/limits/, with how they were chosen:
 * a number with a meaning in time, size or count is named nowhere else in core and kvm.
 */
import { isTypeScript, type SourceFile } from "./tree.js";

const named = String.raw`\w+(?:Ms|Max|Min|Limit|Every|Timeout|Interval|Patience|Pause|Bytes)`;
const number = String.raw`(?:(?:milliseconds|seconds|bytes)\()?\d[\d_]*(?: \*{1,2} \d[\d_]*)*\)?`;
const bound = new RegExp(String.raw`^(?:export )?const (${named})(?:: \w+)? = ${number};`);
const spared = [
  "core/base/limits",
  // The simulation's own pace.
  "core/sim/",
];
/** Not chosen by us: a day's length, a digest's size, the kernel that has what is needed. */
const given: readonly string[] = ["dayMs", "secondMs", "hashBytes", "kernelMin"];

export function scatteredBounds(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => isTypeScript(file) && /^(core|kvm)\//.test(file.path))
    .filter(({ path }) => !spared.some((prefix) => path.startsWith(prefix)))
    .flatMap(({ path, lines }) =>
      lines.flatMap((line, index) => {
        const name = bound.exec(line)?.[1];
        if (name === undefined || given.includes(name)) return [];
        return [`${path}:${index + 1}: ${name} belongs into core/base/limits/`];
      }),
    );
}
