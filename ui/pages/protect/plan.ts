// SPDX-License-Identifier: Apache-2.0
// What a person chose for a VM that is to be protected, as the API wants it, and which of those choices would
// settle a finding. Findings name options in the command line's words ("--stop"): the same words lead to the
// switches of the form. Pure.

import type { ApiError, FindingView, ProtectRequest, VmView } from "../../../core/api/contract.js";

export type Leaving = "detach" | "empty";

export interface ProtectDraft {
  readonly vm: VmView;
  /** "": the one that the API proposes. */
  readonly module: string;
  readonly folder: string;
  readonly stop: boolean;
  readonly eject: boolean;
  /** Disk → how it is left out. */
  readonly exclude: Readonly<Record<string, Leaving>>;
}

export const planFor = (vm: VmView): ProtectDraft => ({
  vm,
  module: "",
  folder: "",
  stop: false,
  eject: false,
  exclude: {},
});

export function requestOf(
  { vm, module, folder, stop, eject, exclude }: ProtectDraft,
  dryRun: boolean,
): ProtectRequest {
  const left = Object.entries(exclude).map(([target, how]) => ({ target, how }));
  return {
    vm: vm.id,
    node: vm.node,
    ...(module.trim() !== "" && { module: module.trim() }),
    ...(folder.trim() !== "" && { folder: folder.trim() }),
    ...(stop && { stop }),
    ...(eject && { eject }),
    ...(left.length > 0 && { exclude: left }),
    ...(dryRun && { dryRun }),
  };
}

export type Repair =
  | { readonly kind: "stop" }
  | { readonly kind: "eject" }
  | { readonly kind: "exclude"; readonly target: string }
  | { readonly kind: "folder" };

/** What of the form settles this finding; empty: a person does it on the host. */
export function repairsOf({ next }: Pick<FindingView, "next">): Repair[] {
  const target = /--exclude ([A-Za-z0-9]+)=/.exec(next)?.[1];
  return [
    ...(/--stop\b/.test(next) ? [{ kind: "stop" } as const] : []),
    ...(/--eject\b/.test(next) ? [{ kind: "eject" } as const] : []),
    ...(target === undefined ? [] : [{ kind: "exclude", target } as const]),
    ...(/--folder\b/.test(next) ? [{ kind: "folder" } as const] : []),
  ];
}

export function repaired(plan: ProtectDraft, repair: Repair): ProtectDraft {
  switch (repair.kind) {
    case "stop":
      return { ...plan, stop: true };
    case "eject":
      return { ...plan, eject: true };
    case "exclude":
      return leftOut(plan, repair.target, "detach");
    case "folder":
      return plan;
  }
}

/** `how` null: it is mirrored after all. */
export function leftOut(plan: ProtectDraft, target: string, how: Leaving | null): ProtectDraft {
  const others = Object.entries(plan.exclude).filter(([name]) => name !== target);
  const all = how === null ? others : [...others, [target, how] as const];
  return { ...plan, exclude: Object.fromEntries(all) };
}

/** Which field a refusal is about: the one that `where` names, or whose value it repeats. */
export function refusedField(
  { where, message }: Pick<ApiError, "where" | "message">,
  plan: ProtectDraft,
): "module" | "folder" | undefined {
  const last = where.split(/[/.]/).at(-1);
  if (last === "module" || message.startsWith("body/module")) return "module";
  if (last === "folder" || message.startsWith("body/folder")) return "folder";
  if (plan.module !== "" && where === plan.module.trim()) return "module";
  return plan.folder !== "" && where === plan.folder.trim() ? "folder" : undefined;
}

/** Blocking ones first; the same words of both nodes once each. */
export function sorted(findings: readonly FindingView[]): FindingView[] {
  return [...findings].sort((a, b) => rank(a) - rank(b));
}

const rank = ({ severity }: FindingView): number => (severity === "blocks" ? 0 : 1);
