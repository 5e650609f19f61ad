// SPDX-License-Identifier: Apache-2.0
// The mock's status: made anew for each answer, in the daemon's own form and words.

import { type Stability, moduleVerbs, type ModuleVerb } from "../../../core/base/vocabulary.js";
import type {
  Action,
  ModuleOnNode,
  ModuleStatus,
  NodeStatus,
  ProcedureStatus,
  Reintegration,
  Status,
} from "../../../core/api/contract.js";
import { alarmsOf } from "../rooms/alarms.js";
import { refusalOf } from "../rooms/verbs.js";
import { colourOf, ifHostDied, sentenceOf, summaryOf } from "./sentences.js";
import { verifyBytesPerSecond, type Copy, type Host, type MockModule, type Procedure } from "./types.js";
import { activeCopy, copyOn, type World } from "./world.js";

export const mockVersion = "0.1.0";

export function statusOf(world: World, answeredBy: string): Status {
  const modules = [...world.modules]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((module) => moduleStatus(world, module));
  return {
    format: 1,
    answeredBy,
    at: world.clock.wall(),
    version: mockVersion,
    cluster: world.facts.name,
    arbiter: world.facts.arbiter,
    nodes: world.hosts.map((host) => nodeStatus(world, host)),
    modules,
    procedures: world.procedures.map(procedureStatus),
    warnings: warningsOf(world),
    alarms: alarmsOf(world),
    pause: world.facts.pause,
    sentence: summaryOf(world.hosts.length, modules),
  };
}

function nodeStatus(world: World, host: Host): NodeStatus {
  const networks = Object.keys(host.addresses);
  return {
    name: host.name,
    reachable: host.heard,
    since: world.clock.wall(host.since),
    networks: networks.map((name) => ({ name, heard: host.heard && !host.cut.has(name) })),
    daemon: host.up && host.daemon && host.heard ? "answers" : "silent",
    version: mockVersion,
    urls: Object.values(host.addresses).map((address) => `https://${address}:7410`),
  };
}

export function moduleStatus(world: World, module: MockModule): ModuleStatus {
  const { freeze, lastVerify, neededBytes } = module;
  const active = activeCopy(module);
  const runs = module.copies.find(({ vm, gone }) => vm === "on" && !gone);
  return {
    id: module.id,
    vm: module.settings.vm.name,
    sentence: sentenceOf(world, module),
    protected: isProtected(module),
    partly: module.partly,
    colour: colourOf(world, module),
    active: runs?.node ?? null,
    ifHostDied: ifHostDied(world, module),
    nodes: module.settings.nodes.map((node) => rowOf(world, copyOn(module, node))),
    reintegration: reintegrationOf(world, module, active),
    conflict: module.conflict,
    troubles: module.troubles,
    actions: moduleVerbs.map((verb) => actionOf(world, module, verb)),
    ...(neededBytes !== null && { diskFull: { neededBytes } }),
    ...(lastVerify !== null && { lastVerify }),
    ...(freeze !== null && {
      freeze: {
        reason: freeze.reason,
        ageMs: world.now - freeze.since,
        guestPaused: freeze.guestPaused,
      },
    }),
  };
}

export function isProtected({ copies, conflict, neededBytes }: MockModule): boolean {
  const states = copies.map(({ state, reason, gone }) => (reason === "none" && !gone ? state : "")).sort();
  return !conflict && neededBytes === null && states.join() === "PRIM,SECOND";
}

function rowOf(world: World, copy: Copy): ModuleOnNode {
  const { node, state, upToDate, generation, session, reason, since, vm } = copy;
  const host = world.host(node);
  const live = host.heard && host.daemon;
  return {
    node,
    state,
    stability: live ? stabilityOf(state, reason) : "NotReady",
    upToDate,
    generation,
    session,
    reason,
    since: world.clock.wall(since),
    vm: live ? vm : "unknown",
    live,
  };
}

const reds = new Set(["conflict", "alone-on-silence", "guest-paused", "disk-full", "disk-error"]);
const passing = new Set(["none", "opening", "stopping", "swapping", "resolving", "asking-peer"]);

export function stabilityOf(state: Copy["state"], reason: string): Stability {
  if (state === "STOP" || reds.has(reason)) return "NotReady";
  if (state === "WAIT") return passing.has(reason) ? "Transient" : "NotReady";
  if (state === "ALONE") return "Transient";
  return reason === "none" ? "Ready" : "Transient";
}

export function reintegrationOf(
  world: World,
  { resync, verify, size }: MockModule,
  active: Copy | undefined,
): Reintegration | null {
  if (active === undefined) return null;
  if (verify !== null) return verifying(world.answering?.name ?? active.node, verify.done, size.allocated);
  if (resync === null) return null;
  const { kind, total, done, sent, hashed, rate, target } = resync;
  const isTarget = world.answering?.name === target;
  return {
    node: world.answering?.name ?? active.node,
    kind,
    direction: isTarget ? "target" : "source",
    bytesTotal: total,
    bytesDone: done,
    bytesSent: sent,
    bytesHashed: hashed,
    bytesPerSecond: rate,
    ...(rate > 0 && { etaSeconds: Math.ceil((total - done) / rate) }),
  };
}

function verifying(node: string, done: number, bytesTotal: number): Reintegration {
  const bytesDone = Math.min(done, bytesTotal);
  const rate = verifyBytesPerSecond;
  return {
    node,
    kind: "verify",
    direction: "source",
    bytesTotal,
    bytesDone,
    bytesSent: 0,
    bytesHashed: bytesDone,
    bytesPerSecond: rate,
    etaSeconds: Math.ceil((bytesTotal - bytesDone) / rate),
  };
}

function actionOf(world: World, module: MockModule, verb: ModuleVerb): Action {
  const refused = refusalOf(world, module, { verb });
  return refused === null
    ? { verb, allowed: true, why: "" }
    : { verb, allowed: false, why: refused.body.message };
}

export function procedureStatus({ progress, ...procedure }: Procedure): ProcedureStatus {
  return {
    ...procedure,
    notes: [...procedure.notes],
    ...(progress !== null && progress !== undefined && { progress }),
  };
}

function warningsOf(world: World): string[] {
  const split = "No arbiter is configured: when every network between the nodes is cut, both run the VMs.";
  return [
    ...(world.facts.arbiter === "none" && world.modules.length > 0 ? [split] : []),
    ...world.hosts.filter(({ heard }) => !heard).map(({ name }) => `${name} is silent on every network.`),
    ...world.modules
      .filter(({ conflict }) => conflict)
      .map(({ id }) => `${id}: both copies ran alone; gemel resolve ${id}`),
    ...world.warnings,
  ];
}
