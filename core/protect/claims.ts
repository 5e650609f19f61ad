// SPDX-License-Identifier: Apache-2.0
// Who has what already: the names, VMs and places (each is a port) of the modules that exist and of those
// that a protect under way is about to make. Two protects at once, on one host or on both, never take the
// same.

import { GemelError } from "../base/errors.js";
import type { Procedures } from "../procedure/procedure.js";
import type { ProcedureServices } from "../procedure/services.js";
import { freeIndex, type EnterData } from "./plan.js";

export interface Claim {
  readonly module: string;
  readonly uuid: string;
  /** The VM's id at the hypervisor. */
  readonly vm: string;
  readonly index: number;
  /** Of a protect that broke off: the same command takes it up again. */
  readonly isBroken: boolean;
}

export type Claims = () => readonly Claim[];

export function claimsOf({ modules }: ProcedureServices, procedures: Procedures): readonly Claim[] {
  const made = modules.ids().flatMap((module): readonly Claim[] => {
    const settings = modules.settings(module);
    if (settings === undefined) return [];
    const { uuid, vm, index } = settings;
    return [{ module, uuid, vm: vm.id, index, isBroken: false }];
  });
  const coming = procedures.open("protect").map(({ data, isWorking }): Claim => {
    const { module, plan, settings } = data as EnterData;
    return { module, uuid: settings.uuid, vm: plan.vm, index: settings.index, isBroken: !isWorking };
  });
  return [...made, ...coming];
}

/** Refuses a VM that has a module or is about to get one. */
export function refuseClaimed(claims: readonly Claim[], vm: string): void {
  const owner = claims.find((claim) => claim.vm === vm && !claim.isBroken);
  if (owner !== undefined) throw new GemelError("GEMEL-5004", owner.module);
}

export const namesIn = (claims: readonly Claim[]): readonly string[] =>
  claims.filter(({ isBroken }) => !isBroken).map(({ module }) => module);

/** One node counts up, the other one down: what both give away at the same moment is never the same place. */
export const placeFor = (claims: readonly Claim[], node: string, peer: string): number =>
  freeIndex(
    claims.map(({ index }) => index),
    node < peer ? "first" : "last",
  );

/** What the other node is about to make clashes with what is here. */
export function clash(
  claims: readonly Claim[],
  asked: { readonly module: string; readonly uuid: string; readonly index: number },
): Claim | undefined {
  const others = claims.filter(({ uuid }) => uuid !== asked.uuid);
  return others.find(({ module, index }) => module === asked.module || index === asked.index);
}
