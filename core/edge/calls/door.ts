// SPDX-License-Identifier: Apache-2.0
// The API's door into this daemon: each call finds its room. No decision is made here.

import { modulesMax } from "../../base/limits.js";
import { exists } from "../../decide/mirror/evidence/proofs.js";
import { checkPassword, makePassword } from "../access/password.js";
import type { ApiDoor } from "../../api/door.js";
import type {
  AdmissionRequest,
  ClusterReply,
  ClusterView,
  InitRequest,
  JoinRequest,
  LiveEvent,
  ModuleChange,
} from "../../api/contract.js";
import type { MirrorFigures } from "../../../native/index.js";
import { GemelError } from "../../base/errors.js";
import { moduleId } from "../../base/units.js";
import { sideOf } from "../../decide/mirror/side.js";
import { admitNode, foundCluster, inviteNode, joinCluster, type ClusterResult } from "../cluster/cluster.js";
import type { ClusterConfig } from "../config/cluster-file.js";
import { parseModule } from "../config/module-file.js";
import { ConfigFault } from "../config/xml.js";
import { hostname } from "node:os";
import { PeerRefusal } from "../../api/door.js";
import { examine, type ExaminedRooms } from "../doctor.js";
import { forward } from "./forward.js";
import { loadDoor, type LoadRooms } from "../metrics/load.js";
import type { Caller } from "../../api/door.js";
import type { Status } from "../../api/contract.js";
import type { LiveStream } from "../../api/live.js";
import type { Protection } from "../../procedure/services.js";
import type { Access } from "../access/access.js";
import type { ModuleConfigSync } from "../config/module-config-sync.js";
import type { Modules } from "../config/modules.js";
import type { Paths } from "../config/paths.js";
import type { MirrorSupervisor } from "../mirror/supervisor.js";
import type { PeerProgress } from "../network/peer-progress.js";
import type { Commands } from "./commands.js";
import { seconds } from "../../base/units.js";
import type { Member } from "../network/cluster-network.js";
import { protectVm, vmsOf, type VmRooms } from "./vms.js";
import { readHistory, inspectionOf, type HistoryRooms, type InspectedRooms } from "./inspection.js";

/** The running node, as far as the API asks it. */
export type AskedNode = InspectedRooms &
  VmRooms &
  LoadRooms &
  ExaminedRooms & {
    readonly commands: Pick<Commands, "ask" | "carryOut">;
    readonly modules: Modules;
    readonly mirrors: Pick<MirrorSupervisor, "ask" | "lastStatus">;
    readonly configSync: Pick<ModuleConfigSync, "offerAll">;
    readonly protection: Protection;
    readonly progress: Pick<PeerProgress, "procedure">;
    answerPeer(name: string, body: unknown): Promise<unknown>;
  };

/** The daemon, as far as the API asks it; `running` refuses while it belongs to no cluster. */
export interface AskedDaemon extends HistoryRooms {
  readonly paths: Paths;
  readonly live: LiveStream;
  readonly clustered: boolean;
  readonly running: AskedNode;
  readonly access: Access | undefined;
  status(): Status;
  holder(certificate: Buffer): ReturnType<ApiDoor["judge"]>;
  audit(caller: Caller, what: string, module: string | null, outcome: string): void;
  enter(member: Member): Promise<void>;
  reconfigure(config: ClusterConfig): void;
}

/** The host's first label, as a node's name. */
const hostName = (): string => hostname().split(".")[0]?.toLowerCase() ?? "node";

export function openDoor(daemon: AskedDaemon): ApiDoor {
  return {
    ...lookingDoor(daemon),
    load: loadDoor(daemon),
    watch: inspectionOf(daemon),
    ...moduleDoor(daemon),
    ...clusterDoor(daemon),
  };
}

type Looking =
  "judge" | "access" | "audit" | "status" | "figures" | "history" | "doctor" | "subscribe" | "ready";

function lookingDoor(daemon: AskedDaemon): Pick<ApiDoor, Looking> {
  return {
    judge: (certificate) => daemon.holder(certificate),
    access: () => daemon.access,
    audit: (caller, what, module, outcome) => daemon.audit(caller, what, module, outcome),
    status: () => daemon.status(),
    history: (query) => readHistory(daemon, query),
    doctor: () =>
      examine({
        node: daemon.node,
        status: daemon.status(),
        certificates: daemon.access?.certificates() ?? [],
        running: daemon.clustered ? daemon.running : undefined,
      }),
    subscribe: (lastId, listener) =>
      daemon.live.subscribe(lastId, (): LiveEvent => ({ kind: "status", status: daemon.status() }), listener),
    ready: (id) => {
      const module = daemon.clustered ? daemon.running.state.modules[moduleId(id)] : undefined;
      return (
        module !== undefined &&
        exists(module) &&
        (module.phase.state === "ALONE" || module.phase.state === "PRIM")
      );
    },
    figures: async (module, node) => {
      const { running } = daemon;
      const { modules, network, mirrors } = running;
      modules.expect(module);
      if (node !== undefined && node !== daemon.node) {
        const path = `/api/v1/modules/${module}/figures`;
        return await forward(network, running.peerNamed(node), { method: "GET", path });
      }
      const status = mirrors.lastStatus(module);
      const asked = status === undefined ? null : await mirrors.ask(module, { do: "figures" }, seconds(5));
      const mirror = asked as MirrorFigures | null;
      return { module, node: daemon.node, mirror, status: status === undefined ? null : { ...status } };
    },
  };
}

type OfModules =
  | "command"
  | "verify"
  | "shutdown"
  | "modules"
  | "module"
  | "changeModule"
  | "replaceModule"
  | "vms"
  | "protect"
  | "unprotect"
  | "procedure"
  | "peerCall";

function moduleDoor(daemon: AskedDaemon): Pick<ApiDoor, OfModules> {
  const running = (): AskedNode => daemon.running;
  return {
    command: (module, request, caller) => running().commands.carryOut(module, request, caller),
    shutdown: async (caller) => {
      const answer = await running().commands.ask({ do: "shutdown" }, caller.name);
      if (!answer.ok) throw new PeerRefusal(409, answer.failure);
      return { sentence: answer.sentence };
    },
    verify: (module, { repair = false }) => verify(running(), module, repair),
    modules: () =>
      running()
        .modules.ids()
        .map((id) => running().modules.view(id)),
    module: (id) => running().modules.view(id),
    changeModule: async (id, change: ModuleChange) => {
      const { modules, configSync: exchange } = running();
      refuseUnknownNodes(modules.expect(id).nodes, id, change);
      modules.change(id, change);
      await exchange.offerAll();
      return modules.view(id);
    },
    replaceModule: async (id, xml) => {
      const { modules, configSync: exchange } = running();
      modules.expect(id);
      modules.replace(id, judged(id, xml).config);
      await exchange.offerAll();
      return modules.view(id);
    },
    vms: (node) => vmsOf(running(), node),
    protect: (request, caller) => protectVm(running(), request, caller),
    unprotect: (module, request, caller) => {
      running().modules.expect(module);
      return running().protection.unprotect(module, request, caller.name);
    },
    procedure: (id) => running().progress.procedure(id),
    peerCall: (name, body) => running().answerPeer(name, body),
  };
}

/** By the node that is primary: its copy is the one compared with. */
async function verify(
  { modules, mirrors, network, node }: AskedNode,
  module: string,
  repair: boolean,
): Promise<void> {
  const side = sideOf(modules.expect(module).nodes, node);
  if (side.kind === "bystander") throw new GemelError("GEMEL-1015", module);
  if (mirrors.lastStatus(module)?.role === "primary") {
    await mirrors.ask(module, { do: "verify", repair }, seconds(10));
    return;
  }
  const path = "/api/v1/peer/calls/verify";
  await forward(network, side.other, { method: "POST", path, body: { module, repair } });
}

type OfCluster = "cluster" | "initCluster" | "joinCluster" | "newToken" | "admit";

function clusterDoor(daemon: AskedDaemon): Pick<ApiDoor, OfCluster> {
  const { paths } = daemon;
  const member = (): Member => {
    return daemon.running.member;
  };
  const reply = ({ config, card, warnings }: ClusterResult, token?: string): ClusterReply => ({
    cluster: config.name,
    node: card.node,
    warnings,
    ...(token !== undefined && { token }),
  });
  return {
    cluster: () => clusterView(member()),
    initCluster: async (request: InitRequest) => {
      const { name, networks, node = hostName(), listen = "all", console } = request;
      const password = request.password ?? makePassword();
      checkPassword(password, "password");
      const own = console === undefined ? {} : { console };
      const founded = await foundCluster(paths, { name, networks, node, listen, ...own });
      await daemon.enter(founded);
      await daemon.access?.users.add({ name: "admin", role: "admin", password }, "cluster init");
      const made = reply(founded, inviteNode(paths, founded, Date.now()));
      return request.password === undefined ? { ...made, password } : made;
    },
    joinCluster: async ({ token, node = hostName(), addresses = {}, console }: JoinRequest) => {
      const joined = await joinCluster(paths, token, { name: node, addresses, console }, Date.now());
      await daemon.enter(joined);
      return reply(joined);
    },
    newToken: () => {
      const result = { ...member(), warnings: [] };
      return reply(result, inviteNode(paths, result, Date.now()));
    },
    admit: async (request: AdmissionRequest) => {
      const { config, answer } = await admitNode(paths, member(), request, Date.now());
      // After the answer is on its way: taking up the new member changes nothing about this connection.
      setImmediate(() => daemon.reconfigure(config));
      return answer;
    },
  };
}

function clusterView({ config, card }: Member): ClusterView {
  return {
    name: config.name,
    uuid: config.uuid,
    self: card.node,
    networks: config.networks.map(({ name, cidr, pulse, timeout }) => ({
      name,
      cidr,
      pulseMs: pulse,
      timeoutMs: timeout,
    })),
    nodes: config.nodes.map(({ name, addresses, console }) => ({
      name,
      addresses: Object.fromEntries(addresses),
      ...(console !== undefined && { console }),
    })),
    ports: portsOf(config),
  };
}

function portsOf({ ports }: ClusterConfig): ClusterView["ports"] {
  return [
    { port: ports.api, protocol: "tcp", use: "API, console, control connection between the nodes" },
    { port: ports.heartbeat, protocol: "udp", use: "heartbeats between the nodes" },
    { port: 7412, protocol: "tcp", use: "witness (only where one runs)" },
    ...Array.from({ length: modulesMax }, (_, index) => ({
      port: ports.data + index,
      protocol: "tcp" as const,
      use: `data link of module index ${index}`,
    })),
  ];
}

function judged(id: string, xml: string): ReturnType<typeof parseModule> {
  try {
    return parseModule(xml);
  } catch (error) {
    if (error instanceof ConfigFault)
      throw new GemelError("GEMEL-4006", id, `line ${error.line}: ${error.reason}`);
    throw error;
  }
}

function refuseUnknownNodes(
  nodes: readonly string[],
  id: string,
  { defaultPrim, pin = "" }: ModuleChange,
): void {
  if (pin !== "" && !nodes.includes(pin))
    throw new GemelError("GEMEL-4008", id, `pin must be one of: ${nodes.join(", ")}, or empty for none.`);
  const words: readonly string[] = ["alone", "lastprim", ...nodes];
  if (defaultPrim === undefined || words.includes(defaultPrim)) return;
  throw new GemelError("GEMEL-4008", id, `defaultprim must be one of: ${words.join(", ")}.`);
}
