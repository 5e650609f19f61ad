// SPDX-License-Identifier: Apache-2.0
// What each daemon tells the other one for people's eyes alone: its procedures, and how far the copies are
// that it sends. Only the node that does the work knows these, and a person may look at the other one. It
// travels with the views; nothing is ever decided by it, and an older daemon neither sends nor reads it.

import { modulesMax } from "../../base/limits.js";
import type { ProcedureStatus, Reintegration } from "../../api/contract.js";
import { procedureStatus, reintegration } from "../../api/schemas/status.js";
import { dictionary, list, objectOf, parse } from "../../base/shape.js";
import type { NodeName } from "../../base/units.js";
import { peersOf } from "../config/cluster-file.js";
import type { Procedures } from "../../procedure/procedure.js";
import { askPeer } from "../calls/forward.js";
import type { Modules } from "../config/modules.js";
import type { MirrorSupervisor } from "../mirror/supervisor.js";
import type { ClusterNetwork, Member } from "./cluster-network.js";
import { finishedToldMax, notesToldMax } from "../../base/limits/edge.js";

/** The rooms of the running node that know of progress. */
export interface ProgressRooms {
  readonly node: NodeName;
  readonly member: Member;
  readonly network: Pick<ClusterNetwork, "call" | "answersControl">;
  readonly mirrors: Pick<MirrorSupervisor, "lastStatus">;
  readonly modules: Pick<Modules, "ids">;
  readonly procedures: Pick<Procedures, "has" | "view" | "views">;
}

export interface NodeProgress {
  readonly procedures: readonly ProcedureStatus[];
  /** By module. */
  readonly copying: Readonly<Record<string, Reintegration>>;
}

/** More than a node can have: modules, each with a procedure going on, and those that ended. */
const arrivedMax = 2 * modulesMax;

export class PeerProgress {
  private readonly heard = new Map<NodeName, NodeProgress>();

  /** Rooms are asked when progress is: the running node is still being built when it begins to listen. */
  constructor(
    private readonly rooms: ProgressRooms,
    private readonly changed: () => void,
  ) {}

  /** For the other nodes. */
  own(): NodeProgress {
    const all = this.ownProcedures();
    const isOver = ({ state }: ProcedureStatus): boolean => state === "done" || state === "undone";
    const told = [...all.filter((one) => !isOver(one)), ...all.filter(isOver).slice(-finishedToldMax)];
    const copying = this.rooms.modules.ids().flatMap((id) => {
      const copy = this.ownCopying(id);
      return copy?.direction === "source" ? [[id, copy] as const] : [];
    });
    return {
      procedures: told.map((one) => ({ ...one, notes: one.notes.slice(-notesToldMax) })),
      copying: Object.fromEntries(copying),
    };
  }

  /** What does not look like progress is not taken; what is shown then is this node's own. */
  take(from: NodeName, value: unknown): string | undefined {
    // An older daemon sends none.
    if (value === undefined) return undefined;
    const said = parse(nodeProgress, value, "progress");
    if (!said.ok) return said.why;
    const before = JSON.stringify(this.heard.get(from));
    this.heard.set(from, said.value);
    if (before !== JSON.stringify(said.value)) this.changed();
    return undefined;
  }

  /** Of every node that answers. */
  procedures(): readonly ProcedureStatus[] {
    return [...this.ownProcedures(), ...this.live().flatMap((one) => one.procedures)];
  }

  /** The source counts what is done; a target alone knows little more than that it is one. */
  copying(module: string): Reintegration | null {
    const own = this.ownCopying(module);
    if (own?.direction === "source") return own;
    return this.live().find((one) => one.copying[module] !== undefined)?.copying[module] ?? own ?? null;
  }

  /** Begun here, or on the other node: asked for there. */
  async procedure(id: string): Promise<ProcedureStatus> {
    const { node, member, network, procedures } = this.rooms;
    if (procedures.has(id)) return this.ownProcedure(id);
    for (const { name } of peersOf(member.config, node)) {
      const found = await askPeer(network, name, "procedure", { id }).catch(() => undefined);
      if (found !== undefined) return found;
    }
    return this.ownProcedure(id);
  }

  ownProcedure(id: string): ProcedureStatus {
    return { ...this.rooms.procedures.view(id), node: this.rooms.node };
  }

  private ownProcedures(): readonly ProcedureStatus[] {
    return this.rooms.procedures.views().map((one) => ({ ...one, node: this.rooms.node }));
  }

  private ownCopying(module: string): Reintegration | undefined {
    const resync = this.rooms.mirrors.lastStatus(module)?.resync;
    return resync === undefined || resync.kind === "verify"
      ? undefined
      : { ...resync, node: this.rooms.node };
  }

  /** A silent node's progress is old: its copies do not go on. */
  private live(): readonly NodeProgress[] {
    return [...this.heard].filter(([peer]) => this.rooms.network.answersControl(peer)).map(([, one]) => one);
  }
}

const nodeProgress = objectOf<NodeProgress>({
  procedures: list<ProcedureStatus>(procedureStatus, arrivedMax),
  copying: dictionary<Reintegration>(reintegration, arrivedMax),
});
