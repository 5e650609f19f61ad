// SPDX-License-Identifier: Apache-2.0
/**
 * One definition per exported name: whoever reads a name in one file finds the same thing behind it in every
 * other one.
 */
import { isTypeScript, type SourceFile } from "./tree.js";

const definition =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function|const|class|interface|type|let) (\w+)/gm;
const programs = /^(core|kvm|hyperv|native|ui)\//;
/** The console's mock world is being replaced by the real middle: until then it has words of its own. */
const exempt = /^ui\/mock\//;

export function twiceDefined(files: readonly SourceFile[]): string[] {
  const places = new Map<string, Set<string>>();
  for (const { path, text } of files.filter((file) => isTypeScript(file) && programs.test(file.path))) {
    if (exempt.test(path)) continue;
    for (const [, name = ""] of text.matchAll(definition)) {
      places.set(name, (places.get(name) ?? new Set()).add(path));
    }
  }
  const twice = [...places].filter(([, paths]) => paths.size > 1);
  return twice.map(([name, paths]) => `${name} is defined in ${[...paths].join(" and ")}`);
}
