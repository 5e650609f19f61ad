// SPDX-License-Identifier: Apache-2.0
// protect, step by step. A VM that is moved may never be left half moved: until its definition has been
// handed over to the module every step can be undone, and all of them are if one fails; after that the steps
// are only ever continued.
//
//   stop the guest ─ room on both hosts ─ files into the folder ─ definition into it ─ out of libvirt's hands
//   ─ module here ──(no return)── module there ─ start both: first copy ─ originals of copied files removed
//
// From the moment when libvirt forgets the VM its mark stands (R32), so nobody starts it between two steps.

import { protectStartLimit } from "../base/limits/edge.js";
import { mkdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { GemelError } from "../base/errors.js";
import { moduleId } from "../base/units.js";
import { writeModule } from "../edge/config/module-file.js";
import { valueOf } from "../loop/vm-effects.js";
import { definitionFile, originalFile, type PreparedPlan } from "../ports/hypervisor.js";
import type { ProcedureKind, ProcedureStep } from "../procedure/procedure.js";
import type { ProcedureServices } from "../procedure/services.js";
import { writeWhole } from "../edge/record/durable-file.js";
import { moveFiles, moveFilesBack, refuseOccupied, removeOriginals } from "./files.js";
import type { PeerBody } from "../api/calls/peer.js";
import { makeStateRoom } from "./there.js";
import type { EnterData } from "./plan.js";
import { markGuarded, powerOff, startAsBefore, until } from "./vm.js";

type Step = ProcedureStep<EnterData>;

export function enterProcedure(services: ProcedureServices): ProcedureKind<EnterData> {
  const steps: readonly Step[] = [
    stopGuest(services),
    makeRoom(services),
    moveIntoFolder(services),
    writeDefinition(),
    takeFromLibvirt(services),
    createHere(services),
    createThere(services),
    startBoth(services),
    dropOriginals(),
  ];
  return { kind: "protect", steps, noReturn: steps.findIndex(({ name }) => name === thereName) };
}

const thereName = "creating the module on the other node";

function stopGuest(services: ProcedureServices): Step {
  const { hypervisor } = services;
  return {
    name: "shutting the guest down",
    run: async ({ data, keep }) => {
      const { vm } = data.plan;
      const { power } = valueOf(await hypervisor.look(vm), data.module);
      const isOn = power !== "off";
      if (isOn && !data.mayStop) throw new GemelError("GEMEL-5002", data.module);
      keep({ wasRunning: data.wasRunning ?? isOn });
      await powerOff(hypervisor, vm, data.module, data.settings.stop.nice);
    },
    undo: async ({ data }) => {
      if (data.wasRunning === true) await startAsBefore(hypervisor, data.plan.vm, data.module);
    },
  };
}

function makeRoom(services: ProcedureServices): Step {
  return {
    name: "making room on both hosts",
    run: async ({ data }) => {
      const { folder } = data.plan;
      // Others may pass through, not look inside; the mirror closes what lies under its mount (R27).
      await mkdir(folder, { recursive: true, mode: 0o711 });
      await makeStateRoom(folder, data.module);
      await services.callPeer(data.peer, "protect-room", roomOf(data));
    },
    undo: async ({ data }) => {
      await rmdir(data.plan.folder).catch(ignoreMissing);
      await services.callPeer(data.peer, "protect-no-room", roomOf(data)).catch(() => undefined);
    },
  };
}

function roomOf({ module, plan, settings }: Readonly<EnterData>): PeerBody<"protect-room"> {
  return { folder: plan.folder, module, uuid: settings.uuid, index: settings.index };
}

function moveIntoFolder({ hypervisor }: ProcedureServices): Step {
  return {
    name: "moving the files into the folder",
    run: async ({ data, keep, progress }) => {
      const prepared = data.prepared ?? valueOf(await hypervisor.prepare(data.plan), data.module);
      if (data.prepared === undefined) await refuseOccupied(prepared.moves);
      keep({ prepared });
      await moveFiles(prepared.moves, progress);
      valueOf(await hypervisor.relink(prepared.moves, "moved"), data.module);
    },
    undo: async ({ data }) => {
      if (data.prepared === undefined) return;
      await moveFilesBack(data.prepared.moves, data.plan.folder);
      valueOf(await hypervisor.relink(data.prepared.moves, "undone"), data.module);
    },
  };
}

function writeDefinition(): Step {
  return {
    name: "writing the definition into the folder",
    run: ({ data }) => {
      const { definition, original } = expectPrepared(data);
      writeWhole(join(data.plan.folder, originalFile), original, 0o600);
      writeWhole(join(data.plan.folder, definitionFile), definition, 0o600);
      return Promise.resolve();
    },
    undo: async ({ data }) => {
      for (const name of [definitionFile, originalFile])
        await rm(join(data.plan.folder, name), { force: true });
    },
  };
}

function takeFromLibvirt(services: ProcedureServices): Step {
  const { hypervisor } = services;
  return {
    name: "taking the VM over from the hypervisor",
    run: async ({ data }) => {
      const { vm } = data.plan;
      await markGuarded(services, vm, data.module);
      // Once more, now that nobody can start it past us.
      await powerOff(hypervisor, vm, data.module, data.settings.stop.nice);
      valueOf(await hypervisor.undefine(vm), data.module);
    },
    undo: async ({ data }) => {
      const { original, autostart } = expectPrepared(data);
      valueOf(await services.guard.free(data.plan.vm), services.node);
      valueOf(await hypervisor.define(original), data.module);
      if (autostart) valueOf(await hypervisor.setAutostart(data.plan.vm, true), data.module);
    },
  };
}

function createHere({ modules }: ProcedureServices): Step {
  return {
    name: "creating the module on this node",
    run: ({ data }) => {
      modules.create(data.module, data.settings);
      return Promise.resolve();
    },
    undo: ({ data }) => {
      modules.remove(data.module);
      return Promise.resolve();
    },
  };
}

function createThere(services: ProcedureServices): Step {
  return {
    name: thereName,
    run: async ({ data }) => {
      const body = { module: data.module, xml: writeModule(data.settings) };
      await services.callPeer(data.peer, "protect-create", body);
    },
  };
}

function startBoth(services: ProcedureServices): Step {
  return {
    name: "starting the module",
    run: async ({ data, note }) => {
      await startHere(services, data);
      const body = { module: data.module };
      await services.callPeer(data.peer, "protect-start", body).catch((error: unknown) => {
        const reason = (error as Error).message;
        note(`${data.peer} does not start it yet: ${reason} There: gemel start ${data.module}`);
      });
      await until(`the VM of ${data.module} runs here`, protectStartLimit, () => {
        refuseDeadEnd(services, data.module);
        return isActive(services, data.module) && services.view(data.module)?.vm === "on";
      });
    },
  };
}

/** This node's files are the good ones: said once, by the procedure, for the person who asked for it. */
async function startHere(services: ProcedureServices, data: Readonly<EnterData>): Promise<void> {
  const module = moduleId(data.module);
  await until(`module ${module} has been taken up`, protectStartLimit, () => {
    const view = services.view(module);
    return view !== undefined && view.reason !== "discovering";
  });
  if (isActive(services, module)) return;
  const answer = await services.command({ do: "prim", module, force: true }, data.by);
  if (!answer.ok) throw new GemelError("GEMEL-5006", module, answer.failure.message);
}

function isActive(services: ProcedureServices, module: string): boolean {
  const state = services.view(module)?.state;
  return state === "ALONE" || state === "PRIM";
}

/** What waiting longer does not heal; the same command, given again, continues from here. */
function refuseDeadEnd(services: ProcedureServices, module: string): void {
  const problem = services.mirror(module)?.dataProblem;
  if (problem !== undefined) throw new GemelError("GEMEL-2001", module, problem.message);
  const reason = services.view(module)?.reason;
  if (reason !== "vm-failing" && reason !== "maxloop" && reason !== "failed") return;
  throw new GemelError("GEMEL-3002", module, "", `See why with: gemel explain ${module}`);
}

function dropOriginals(): Step {
  return {
    name: "removing the originals of copied files",
    run: ({ data }) => removeOriginals(expectPrepared(data).moves),
  };
}

function expectPrepared(data: Readonly<EnterData>): PreparedPlan {
  if (data.prepared === undefined)
    throw new GemelError("GEMEL-9003", data.module, "The journal lacks its plan.");
  return data.prepared;
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}
