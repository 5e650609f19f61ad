// SPDX-License-Identifier: Apache-2.0
/**
 * A deliberate fault: one place of the sources reads differently while one test runs, and that test must turn
 * red. The sources themselves know nothing of it and are never touched: what is exchanged is a text that
 * stands in them exactly once, wherever it is moved (held by the architecture test).
 */
import { isCpp, isTypeScript, type SourceFile } from "../architecture/tree.js";

export interface Fault {
  readonly name: string;
  /** The rules of docs/rules.md that it breaks. */
  readonly rules: readonly string[];
  /** What it breaks, for a person. */
  readonly breaks: string;
  readonly from: string;
  readonly to: string;
  /** The test that must notice it. */
  readonly test: string;
}

export interface EngineFault extends Fault {
  /** Executable of test/native that holds the test. */
  readonly program: string;
}

/** The one file in which the text stands; a sentence when there is none or more than one. */
export function placeOf({ name, from }: Fault, files: readonly SourceFile[]): SourceFile | string {
  const isPlace = (file: SourceFile): boolean =>
    (/^(core|kvm)\//.test(file.path) && isTypeScript(file)) || (/^native\//.test(file.path) && isCpp(file));
  const found = files.filter((file) => isPlace(file) && file.text.includes(from));
  const [file] = found;
  if (file === undefined) return `nothing reads what the fault ${name} exchanges: ${from}`;
  if (found.length > 1 || file.text.split(from).length > 2)
    return `what the fault ${name} exchanges stands more than once: ${from}`;
  return file;
}
