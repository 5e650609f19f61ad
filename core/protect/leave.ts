// SPDX-License-Identifier: Apache-2.0
// unprotect, step by step: the way of protect backwards, on the node whose copy is the latest, also with the
// other node gone. The mark goes first (R32): whatever breaks off later, the VM can be started by hand.
//
//   stop the module ─ mark off ─ files back where they came from ─ definition back to libvirt ──(no return)──
//   module forgotten here and there ─ folder cleared ─ the guest started if it ran before

import { readdir, readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { GemelError } from "../base/errors.js";
import { milliseconds, moduleId, seconds } from "../base/units.js";
import { stateFolder } from "../edge/config/paths.js";
import { valueOf } from "../loop/vm-effects.js";
import { fuseMountAt } from "../edge/mirror/mounts.js";
import { definitionFile, lastRunFile, originalFile, type PreparedPlan } from "../ports/hypervisor.js";
import type { ProcedureKind, ProcedureStep } from "../procedure/procedure.js";
import type { ProcedureServices } from "../procedure/services.js";
import { moveFiles, moveFilesBack, refuseOccupied, removeEmptyBelow, removeOriginals } from "./files.js";
import { startAsBefore, until } from "./vm.js";

export interface LeaveData {
  readonly module: string;
  readonly peer: string;
  readonly by: string;
  readonly vm: string;
  readonly folder: string;
  readonly wasRunning: boolean;
  /** Longest orderly stop of this module. */
  readonly stopMs: number;
  readonly prepared?: PreparedPlan;
}

type Step = ProcedureStep<LeaveData>;

/** `forgotten`: the module is gone, and with it whatever protect had left to do. */
export function leaveProcedure(
  services: ProcedureServices,
  forgotten: (module: string) => void,
): ProcedureKind<LeaveData> {
  const steps: readonly Step[] = [
    stopModule(services),
    markOff(services),
    moveOut(services),
    giveToLibvirt(services),
    forget(services, forgotten),
    clearFolder(),
    startGuest(services),
  ];
  return { kind: "unprotect", steps, noReturn: steps.findIndex(({ name }) => name === forgetName) };
}

const forgetName = "removing the module";

function stopModule(services: ProcedureServices): Step {
  return {
    name: "stopping the module",
    run: async ({ data }) => {
      const module = moduleId(data.module);
      if (services.view(module)?.state !== "STOP") {
        const answer = await services.command({ do: "stop", module, scope: "both", force: false }, data.by);
        if (!answer.ok) throw new GemelError("GEMEL-5006", module, answer.failure.message);
      }
      const limit = milliseconds(data.stopMs);
      await until(`module ${module} has stopped`, limit, () => services.view(module)?.state === "STOP");
      await until(`${data.folder} is unmounted`, seconds(30), () => fuseMountAt(data.folder) === undefined);
    },
    undo: async ({ data }) => {
      if (!data.wasRunning) return;
      await services.command({ do: "start", module: moduleId(data.module), scope: "both" }, data.by);
    },
  };
}

function markOff({ guard, node }: ProcedureServices): Step {
  return {
    name: "taking the VM's mark away",
    run: async ({ data }) => {
      valueOf(await guard.free(data.vm), node);
    },
    undo: async ({ data }) => {
      valueOf(await guard.keep(data.vm), node);
    },
  };
}

function moveOut({ hypervisor }: ProcedureServices): Step {
  return {
    name: "moving the files back",
    run: async ({ data, keep, progress }) => {
      const prepared = data.prepared ?? (await readPlan(data, hypervisor));
      if (data.prepared === undefined) await refuseOccupied(prepared.moves);
      keep({ prepared });
      await moveFiles(prepared.moves, progress);
      valueOf(await hypervisor.relink(prepared.moves, "moved"), data.module);
    },
    undo: async ({ data }) => {
      if (data.prepared === undefined) return;
      await moveFilesBack(data.prepared.moves, data.folder);
      valueOf(await hypervisor.relink(data.prepared.moves, "undone"), data.module);
    },
  };
}

/** The module is stopped and unmounted: its files are simply there. */
async function readPlan(
  { folder, module }: Readonly<LeaveData>,
  hypervisor: ProcedureServices["hypervisor"],
): Promise<PreparedPlan> {
  const definition = await readFile(join(folder, definitionFile), "utf8");
  const original = await readFile(join(folder, originalFile), "utf8");
  const plan = valueOf(await hypervisor.release(definition, original), module);
  // A VM that never wrote its NVRAM has none to take along.
  const names = await readdir(folder, { recursive: true });
  const present = new Set(names.map((name) => join(folder, name)));
  return { ...plan, moves: plan.moves.filter(({ from }) => present.has(from)) };
}

function giveToLibvirt({ hypervisor }: ProcedureServices): Step {
  return {
    name: "giving the VM back to the hypervisor",
    run: async ({ data, note }) => {
      const { definition, original, autostart } = expectPrepared(data);
      const given = await hypervisor.define(definition);
      if (!given.ok && given.code === "GEMEL-3008") {
        // Its files are back where they were: as it was before, it is taken again.
        valueOf(await hypervisor.define(original), data.module);
        note(
          `The VM is defined as it was before it was protected; refused was its last form: ${given.message}`,
        );
      } else valueOf(given, data.module);
      if (autostart) valueOf(await hypervisor.setAutostart(data.vm, true), data.module);
    },
    undo: async ({ data }) => {
      valueOf(await hypervisor.undefine(data.vm), data.module);
    },
  };
}

function forget(services: ProcedureServices, forgotten: (module: string) => void): Step {
  return {
    name: forgetName,
    run: async ({ data, note }) => {
      try {
        const { kept } = await services.callPeer(data.peer, "unprotect-forget", { module: data.module });
        if (kept !== undefined) note(`The copy on ${data.peer} is kept in ${kept}; delete it when you like.`);
      } catch (error) {
        note(`${data.peer} forgets the module when it is back (${(error as Error).message}).`);
      }
      services.modules.remove(data.module);
      forgotten(data.module);
      // Also what a doctor's round has marked after a restart of the daemon.
      valueOf(await services.guard.free(data.vm), services.node);
    },
  };
}

function clearFolder(): Step {
  return {
    name: "clearing the folder",
    run: async ({ data, note }) => {
      const { moves } = expectPrepared(data);
      await removeOriginals(moves);
      for (const name of [definitionFile, originalFile, lastRunFile])
        await rm(join(data.folder, name), { force: true });
      await rm(stateFolder(data.folder, data.module), { recursive: true, force: true });
      await removeEmptyBelow(data.folder);
      const left = await readdir(data.folder).catch(() => []);
      if (left.length > 0) note(`${data.folder} still holds: ${left.join(", ")}.`);
      else await rmdir(data.folder).catch(() => undefined);
    },
  };
}

function startGuest({ hypervisor }: ProcedureServices): Step {
  return {
    name: "starting the guest",
    run: async ({ data }) => {
      if (data.wasRunning) await startAsBefore(hypervisor, data.vm, data.module);
    },
  };
}

function expectPrepared(data: Readonly<LeaveData>): PreparedPlan {
  if (data.prepared === undefined)
    throw new GemelError("GEMEL-9003", data.module, "The journal lacks its plan.");
  return data.prepared;
}
