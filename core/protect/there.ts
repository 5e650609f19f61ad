// SPDX-License-Identifier: Apache-2.0
// What the other node does for this node's protect and unprotect, and how it is asked. Each call may come
// twice.

import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { GemelError } from "../base/errors.js";
import { moduleId, seconds } from "../base/units.js";
import { parseModule } from "../edge/config/module-file.js";
import { stateFolder } from "../edge/config/paths.js";
import { valueOf } from "../loop/vm-effects.js";
import { fuseMountAt } from "../edge/mirror/mounts.js";
import type { Finding } from "../ports/hypervisor.js";
import type { PeerAnswer, PeerAnswers, PeerBody } from "../api/calls/peer.js";
import type { ProcedureServices, ProtectionCall } from "../procedure/services.js";
import { flush } from "./files.js";
import { clash, type Claim, type Claims } from "./claims.js";
import { checkFolder } from "./plan.js";
import { until } from "./vm.js";

type Forgotten = PeerAnswer<"unprotect-forget">;
type OfThere = Exclude<ProtectionCall, "unprotect-here">;

export function answersFor(services: ProcedureServices, claims: Claims): PeerAnswers<OfThere> {
  return {
    "protect-preflight": (body) => preflightThere(services, body),
    "protect-validate": ({ definition }) => validationFindings(services, definition),
    "protect-room": (room) => roomThere(claims(), room),
    "protect-no-room": async (room) => {
      // Somebody else's room of the same name is left to them.
      if (clash(claims(), room)?.module === room.module) return;
      await rmdir(checkFolder(room.folder)).catch(() => undefined);
    },
    "protect-create": (body) => createThere(services, body),
    "protect-start": async (body) => {
      const module = moduleId(body.module);
      await until(`module ${module} has been taken up`, seconds(20), () => {
        const view = services.view(module);
        return view !== undefined && view.reason !== "discovering";
      });
      const answer = await services.command({ do: "start", module, scope: "node" }, "protect");
      if (!answer.ok) throw new GemelError("GEMEL-5006", module, answer.failure.message);
    },
    "unprotect-forget": ({ module }) => forgetThere(services, module),
  };
}

/** Could this host run the VM? Its start guard belongs to the answer (R32). */
export async function preflightThere(
  services: ProcedureServices,
  { details, folder, leftOut }: PeerBody<"protect-preflight">,
): Promise<readonly Finding[]> {
  const { hypervisor, node } = services;
  const found = valueOf(await hypervisor.preflight(details, checkFolder(folder), "there", leftOut), node);
  return [...found, ...(await guardFindings(services))];
}

/** Asked on both hosts before anything moves: what a hypervisor refuses afterwards leaves the VM nowhere. */
export async function validationFindings(
  { hypervisor, node }: ProcedureServices,
  definition: string,
): Promise<readonly Finding[]> {
  const judged = await hypervisor.validate(definition);
  if (judged.ok) return [];
  const { code, message, next } = judged;
  return [{ severity: "blocks", node, code, message, next }];
}

export async function guardFindings(services: ProcedureServices): Promise<readonly Finding[]> {
  const { node } = services;
  const guard = await services.guard.check();
  if (guard.ok && guard.value.called) return [];
  const message = guard.ok ? guard.value.note : guard.message;
  const next = guard.ok
    ? "systemctl restart libvirtd (running guests are not touched), then try again"
    : guard.next;
  return [
    { severity: "blocks", node, code: guard.ok ? "GEMEL-3007" : guard.code, message: `${message}.`, next },
  ];
}

/** The engine makes its own folder, never the one above: where that is missing, a volume is missing (R27). */
export async function makeStateRoom(folder: string, module: string): Promise<void> {
  await mkdir(dirname(stateFolder(folder, module)), { recursive: true, mode: 0o700 });
}

async function roomThere(claims: readonly Claim[], room: PeerBody<"protect-room">): Promise<void> {
  const { folder, module } = room;
  const other = clash(claims, room);
  if (other !== undefined) {
    const what = other.module === module ? "A module of this name" : `The place of ${other.module}`;
    throw new GemelError("GEMEL-5004", module, `${what} is taken there.`, "Try again.");
  }
  await mkdir(checkFolder(folder), { recursive: true, mode: 0o711 });
  await makeStateRoom(folder, module);
  if ((await readdir(folder)).length > 0) {
    throw new GemelError("GEMEL-5001", folder, "The folder is not empty.");
  }
}

async function createThere(
  services: ProcedureServices,
  { module, xml }: PeerBody<"protect-create">,
): Promise<void> {
  const { config } = parseModule(xml);
  const present = services.modules.settings(module);
  if (present !== undefined && present.uuid !== config.uuid) {
    throw new GemelError("GEMEL-5004", module, "Another module has this name here.");
  }
  valueOf(await services.guard.mark(config.vm.id, module), services.node);
  if (present === undefined) services.modules.create(module, config);
}

/**
 * This node's copy is not deleted (P8): it gets another name and can never again be taken for the module's
 * data. What the hypervisor still knows of the VM (it ran here when the host died, or could not be started)
 * goes, too: nobody is to start it from a folder that is gone, and protect finds nothing in its way.
 */
async function forgetThere(services: ProcedureServices, module: string): Promise<Forgotten> {
  const settings = services.modules.settings(module);
  if (settings === undefined) return {};
  const { folder, id } = settings.vm;
  valueOf(await services.hypervisor.undefine(id), module);
  valueOf(await services.guard.free(id), services.node);
  services.modules.remove(module);
  return await setCopyAside(module, folder);
}

/** The other node has unprotected the module while this one was away. */
export async function forgetLate(services: ProcedureServices, name: string): Promise<void> {
  const module = moduleId(name);
  const folder = services.modules.settings(module)?.vm.folder;
  if (folder === undefined) return;
  const isStopped = (): boolean => services.view(module)?.state === "STOP";
  if (!isStopped()) {
    const answer = await services.command({ do: "stop", module, scope: "node", force: false }, "unprotect");
    if (!answer.ok) throw new GemelError("GEMEL-5006", module, answer.failure.message);
    await until(`module ${module} has stopped`, seconds(60), isStopped);
  }
  await until(`${folder} is unmounted`, seconds(30), () => fuseMountAt(folder) === undefined);
  const { kept } = await forgetThere(services, module);
  const sentence = "The other node has unprotected this module meanwhile: it is forgotten here.";
  services.record(module, sentence, kept === undefined ? "no copy was here" : `the copy is kept in ${kept}`);
}

async function setCopyAside(module: string, folder: string): Promise<Forgotten> {
  if (fuseMountAt(folder) !== undefined) return { kept: folder };
  await rm(stateFolder(folder, module), { recursive: true, force: true });
  const entries = await readdir(folder).catch(() => []);
  if (entries.length === 0) {
    await rmdir(folder).catch(() => undefined);
    return {};
  }
  for (let count = 1; ; count++) {
    const kept = `${folder}.unprotected-${count}`;
    const isTaken = await readdir(kept).then(
      () => true,
      () => false,
    );
    if (isTaken) continue;
    await rename(folder, kept);
    await flush(dirname(folder));
    return { kept };
  }
}
