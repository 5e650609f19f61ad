// SPDX-License-Identifier: Apache-2.0
// protect and unprotect as the API knows them: judge first, on both hosts and in plain words, and only then
// begin the procedure that does it. A refusal here has changed nothing.

import type {
  DiskView,
  FindingView,
  ProtectReply,
  ProtectRequest,
  UnprotectRequest,
} from "../api/contract.js";
import { GemelError } from "../base/errors.js";
import { milliseconds } from "../base/units.js";
import { defaultFolder } from "../edge/config/paths.js";
import { valueOf } from "../loop/vm-effects.js";
import type { ProtectPlan, VmDetails } from "../ports/hypervisor.js";
import type { Procedures } from "../procedure/procedure.js";
import type { ProcedureServices, Protection } from "../procedure/services.js";
import { claimsOf, namesIn, placeFor, refuseClaimed, type Claim } from "./claims.js";
import { enterProcedure } from "./enter.js";
import { bytesToCopy } from "./files.js";
import { leaveProcedure, type LeaveData } from "./leave.js";
import {
  checkFolder,
  checkModuleName,
  firstCopyOf,
  leftOutBy,
  moduleNameFor,
  newSettings,
  notesFor,
  type EnterData,
} from "./plan.js";
import { answersFor, forgetLate, guardFindings, validationFindings } from "./there.js";

export function createProtection(services: ProcedureServices, procedures: Procedures): Protection {
  procedures.define(enterProcedure(services));
  procedures.define(leaveProcedure(services, (module) => procedures.abandon("protect", module)));
  const unprotect: Protection["unprotect"] = (module, request, by) =>
    leaveModule(services, procedures, { module, request, by });
  return {
    protect: (request, by) => enterModule(services, procedures, request, by),
    unprotect,
    coming: () =>
      new Map(
        claimsOf(services, procedures)
          .filter(({ isBroken }) => !isBroken)
          .map(({ vm, module }) => [vm, module]),
      ),
    forget: (module) => forgetLate(services, module),
    guarded: () => services.guard.known(),
    answers: {
      ...answersFor(services, () => claimsOf(services, procedures)),
      // The other node was asked, but this one has the latest copy.
      "unprotect-here": ({ module, request, by }) => unprotect(module, request, by),
    },
  };
}

async function enterModule(
  services: ProcedureServices,
  procedures: Procedures,
  request: ProtectRequest,
  by: string,
): Promise<ProtectReply> {
  const { hypervisor, node, paths } = services;
  const details = await findVm(services, request.vm);
  const claims = (): readonly Claim[] => claimsOf(services, procedures);
  refuseClaimed(claims(), details.id);
  const taken = namesIn(claims());
  const module =
    request.module === undefined
      ? moduleNameFor(details.name, taken)
      : checkModuleName(request.module, taken);
  const peer = onlyPeer(services);
  const folder = checkFolder(request.folder ?? defaultFolder(paths, module));
  const exclude = request.exclude ?? [];
  const isos = request.eject === true ? "eject" : "copy";
  const plan: ProtectPlan = { vm: details.id, folder, exclude, isos };
  const judged = await findingsFor(services, { plan, details, peer, mayStop: request.stop === true });
  const prepared = blocks(judged) ? undefined : valueOf(await hypervisor.prepare(plan), module);
  const refusals = prepared === undefined ? [] : await refusalsOf(services, peer, prepared.definition);
  const findings = [...judged, ...refusals];
  const isBlocked = blocks(findings);
  const moves = isBlocked ? [] : (prepared?.moves ?? []);
  const notes = isBlocked ? [] : notesFor(details, plan, await bytesToCopy(moves, folder));
  const disks = disksOf(details);
  const firstCopy = firstCopyOf(details, plan, services.copyRate());
  if (isBlocked || request.dryRun === true) return { module, findings, notes, firstCopy, disks };
  // From here to the journal nothing is waited for: whoever asks next finds it claimed.
  refuseClaimed(claims(), details.id);
  checkModuleName(module, namesIn(claims()));
  const index = placeFor(claims(), node, peer);
  const settings = newSettings({ vm: details, folder, nodes: [node, peer], index, excluded: exclude });
  const data: EnterData = { module, peer, by, plan, settings, mayStop: request.stop === true };
  return { module, procedure: procedures.start("protect", module, data), findings, notes, firstCopy, disks };
}

const disksOf = ({ disks }: VmDetails): readonly DiskView[] =>
  disks.map(({ target, device, path, size }) => ({
    target,
    device,
    bytes: size,
    ...(path !== "" && { source: path }),
  }));

const blocks = (findings: readonly FindingView[]): boolean =>
  findings.some(({ severity }) => severity === "blocks");

/** The definition as it will be, before the hypervisors of both hosts. */
async function refusalsOf(
  services: ProcedureServices,
  peer: string,
  definition: string,
): Promise<readonly FindingView[]> {
  const here = await validationFindings(services, definition);
  return [...here, ...(await services.callPeer(peer, "protect-validate", { definition }))];
}

interface Judged {
  readonly plan: ProtectPlan;
  readonly details: VmDetails;
  readonly peer: string;
  readonly mayStop: boolean;
}

async function findingsFor(services: ProcedureServices, judged: Judged): Promise<readonly FindingView[]> {
  const { plan, details, peer, mayStop } = judged;
  const leftOut = leftOutBy(plan, details);
  const here = valueOf(
    await services.hypervisor.preflight(details, plan.folder, "here", leftOut),
    services.node,
  );
  const body = { details, folder: plan.folder, leftOut };
  const there = await services.callPeer(peer, "protect-preflight", body);
  const guard = await guardFindings(services);
  const isOn = details.power !== "off" && details.power !== "saved";
  const power: readonly FindingView[] =
    isOn && !mayStop
      ? [
          {
            severity: "blocks",
            node: services.node,
            code: "GEMEL-5002",
            message: `The VM is ${details.power}; it must be off while its files move.`,
            next: "Shut it down, or let Gemel do it: --stop",
          },
        ]
      : [];
  return [...power, ...here, ...there, ...guard];
}

interface LeaveCall {
  readonly module: string;
  readonly request: UnprotectRequest;
  readonly by: string;
}

async function leaveModule(
  services: ProcedureServices,
  procedures: Procedures,
  { module, request, by }: LeaveCall,
): Promise<ProtectReply> {
  const settings = services.modules.settings(module);
  if (settings === undefined) throw new GemelError("GEMEL-1001", module);
  const [own, other] = [services.view(module), services.peerView(module)];
  const peer = settings.nodes.find((node) => node !== services.node) ?? "";
  const runs = (view: typeof own): boolean => view?.state === "ALONE" || view?.state === "PRIM";
  if (runs(other) && !runs(own)) {
    return await services.callPeer(peer, "unprotect-here", { module, request, by });
  }
  // A protect that broke off at the start: its files have never been anywhere else.
  const isUnfinished = procedures
    .views()
    .some(({ kind, subject, state }) => kind === "protect" && subject === module && state === "failed");
  if (!runs(own) && !isUnfinished) refuseUncertain(module, own, other);
  const isOn = own?.vm === "on";
  if (isOn && request.stop !== true) {
    throw new GemelError(
      "GEMEL-5002",
      module,
      "",
      `Shut it down with the module: gemel unprotect ${module} --stop`,
    );
  }
  const data: LeaveData = {
    module,
    peer,
    by,
    vm: settings.vm.id,
    folder: settings.vm.folder,
    wasRunning: isOn,
    stopMs: milliseconds(settings.stop.nice + settings.stop.force + 60_000),
  };
  const notes = [
    ...(isOn ? ["The guest is down for its shutdown, the move and its boot."] : []),
    "The VM's files go back to where they came from; afterwards it is on this host only.",
  ];
  return { module, procedure: procedures.start("unprotect", module, data), findings: [], notes };
}

type View = ReturnType<ProcedureServices["view"]>;

/** A stopped module: only the copy that ran last is the VM. */
function refuseUncertain(module: string, own: View, other: View): void {
  const isLast = own?.state === "STOP" && own.lastPrim && other?.lastPrim !== true;
  if (isLast) return;
  throw new GemelError(
    "GEMEL-1017",
    module,
    "The module does not run here, and it is not certain that this node ran it last.",
    `Start it (gemel start ${module}), then: gemel unprotect ${module} --stop`,
  );
}

/** By id or by name; several VMs of one name cannot be on one host. */
async function findVm({ hypervisor, node }: ProcedureServices, vm: string): Promise<VmDetails> {
  const listed = valueOf(await hypervisor.list(), node);
  const found = listed.find(({ id }) => id === vm) ?? listed.find(({ name }) => name === vm);
  if (found === undefined) throw new GemelError("GEMEL-3005", vm);
  return valueOf(await hypervisor.inspect(found.id), vm);
}

function onlyPeer({ peers, node }: ProcedureServices): string {
  const [peer] = peers;
  if (peer === undefined) {
    throw new GemelError(
      "GEMEL-1009",
      node,
      "The cluster has only this node.",
      "On the other host: gemel cluster join TOKEN",
    );
  }
  return peer;
}
