// SPDX-License-Identifier: Apache-2.0
// This node's life in the cluster: heartbeats and control connections as the configuration says, taken up and
// exchanged while the daemon runs, and calls to the other node. What is heard goes out as reports; nothing is
// judged here.

import { GemelError } from "../../base/errors.js";
import { nodeName, type NodeName } from "../../base/units.js";
import { holderOf } from "../cluster/authority.js";
import type { MembershipCard } from "../cluster/membership-card.js";
import { nodeOf, peersOf, type ClusterConfig } from "../config/cluster-file.js";
import type { PeerMessage } from "../../decide/mirror/types.js";
import { Transmitter, type HeartbeatLane } from "./heartbeat-transmitter.js";
import type { Report } from "../../loop/node-loop.js";
import { arrivedMessage } from "./arrived-message.js";
import { callPeer, type CallAnswer, type CallTarget, type PeerCallRequest } from "./peer-call.js";
import { ControlConnection } from "./control-connection.js";
import type { ControlLine, NetworkWay, SaidOfItself } from "./control-connection.js";
import type { Judge } from "./secure-socket.js";
import { arrivedViews } from "./peer-views.js";
import { peerCallLimit, viewsEveryMs } from "../../base/limits/edge.js";

export interface Member {
  readonly config: ClusterConfig;
  readonly card: MembershipCard;
}

export interface ClusterNetworkEdge extends SaidOfItself {
  readonly post: (report: Report) => void;
  /** Why it was not taken, if it was not. */
  readonly told: (from: NodeName, progress: unknown) => string | undefined;
  readonly figures: (from: NodeName, figures: unknown) => void;
  /** What a node of the cluster said and this one does not understand. */
  readonly refused: (why: string) => void;
}

export class ClusterNetwork {
  private transmitter: Transmitter | undefined;
  private controls = new Map<NodeName, ControlConnection>();
  private viewsTimer: NodeJS.Timeout | undefined;
  private present: Member | undefined;
  private incarnations = new Map<NodeName, string>();

  constructor(private readonly edge: ClusterNetworkEdge) {}

  get member(): Member | undefined {
    return this.present;
  }

  /** The incarnation that the peer last answered with. */
  incarnationOf(peer: NodeName): string | undefined {
    return this.incarnations.get(peer);
  }

  adopt(member: Member): void {
    this.leave();
    this.present = member;
    const { config, card } = member;
    const peers = peersOf(config, card.node);
    for (const { name } of peers) {
      const networks = Object.fromEntries(config.networks.map((one) => [one.name, one.timeout]));
      this.edge.post({ kind: "peer-configured", peer: name, networks });
    }
    this.transmitter ??= this.makeTransmitter(card.node);
    const { heartbeatKey: key } = card;
    this.transmitter.aim({ key, port: config.ports.heartbeat, lanes: lanesOf(member) });
    for (const { name } of peers) this.connect(name);
    this.viewsTimer = setInterval(() => this.tellViews(), viewsEveryMs);
  }

  leave(): void {
    clearInterval(this.viewsTimer);
    this.transmitter?.stop();
    for (const control of this.controls.values()) control.stop();
    this.controls.clear();
    this.present = undefined;
  }

  private makeTransmitter(self: NodeName): Transmitter {
    return new Transmitter({
      ...this.edge,
      self,
      alive: (beat) => {
        const { from, network, incarnation } = beat;
        this.edge.post({ kind: "heartbeat", from, network, incarnation });
        if (beat.views !== undefined) this.takeViews(from, incarnation, beat.now, beat.views);
      },
    });
  }

  /** Reason → count of datagrams that were no heartbeats of ours. */
  get refusedHeartbeats(): ReadonlyMap<string, number> {
    return this.transmitter?.refused ?? new Map();
  }

  /** Network → the address that cluster.xml gives this host there and that it no longer has. */
  get addressesGone(): ReadonlyMap<string, string> {
    return this.transmitter?.gone ?? new Map();
  }

  answersControl(peer: NodeName): boolean {
    return this.controls.get(peer)?.open === true;
  }

  send(to: NodeName, message: PeerMessage): void {
    this.controls.get(to)?.send(message);
  }

  tellFigures(to: string, figures: unknown): void {
    this.controls.get(nodeName(to))?.sendFigures(figures);
  }

  /** Right after something changed here: the other side need not wait for the next pulse. */
  tellViews(): void {
    for (const control of this.controls.values()) control.sendViews();
  }

  get turns(): boolean {
    return this.edge.turns();
  }

  /** A line that a peer sent on a connection it dialled. */
  heard(from: NodeName, line: ControlLine): void {
    this.edge.post({ kind: "control-answer", from, incarnation: line.incarnation });
    if (line.kind === "views") {
      this.takeViews(from, line.incarnation, line.now, line.views);
      const why = this.edge.told(from, line.news);
      if (why !== undefined) this.refuse(from, why);
    }
    if (line.kind === "figures") this.edge.figures(from, line.figures);
    if (line.kind === "message") {
      const said = arrivedMessage(line.message);
      if (said.ok) this.edge.post({ kind: "peer-message", from, message: said.value });
      else this.refuse(from, said.why);
    }
  }

  /** Never believed in part: counted, and said once. */
  refuse(from: NodeName, why: string): void {
    this.edge.refused(`${from}: ${why}`);
  }

  async call(peer: NodeName, call: PeerCallRequest): Promise<CallAnswer> {
    const member = this.present;
    if (member === undefined) throw new GemelError("GEMEL-4001", "");
    return await callPeer(this.target(member, peer), { limit: peerCallLimit, ...call });
  }

  private connect(peer: NodeName): void {
    const member = this.present;
    if (member === undefined) return;
    const target = this.target(member, peer);
    const control = new ControlConnection(target.ways, {
      ...this.edge,
      ...target,
      answered: (incarnation) => {
        this.incarnations.set(peer, incarnation);
        this.edge.post({ kind: "control-answer", from: peer, incarnation });
      },
      closed: () => this.edge.post({ kind: "peer-closed", from: peer }),
      refused: (why) => this.refuse(peer, why),
    });
    this.controls.set(peer, control);
    control.start();
  }

  private target(member: Member, peer: NodeName): CallTarget {
    const judge: Judge = ([leaf]) => {
      const holder = leaf && holderOf(leaf, member.card.authority.certificate);
      if (holder?.kind === "node" && holder.name === peer) return undefined;
      return `It is not the node ${peer} of this cluster.`;
    };
    return { peer, ways: waysTo(member, peer), identity: member.card, judge };
  }

  private takeViews(from: NodeName, incarnation: string, theirNow: unknown, value: unknown): void {
    const views = arrivedViews(value, theirNow, this.edge.now());
    if (views.ok) this.edge.post({ kind: "peer-views", from, incarnation, views: views.value });
    else this.refuse(from, views.why);
  }
}

function lanesOf({ config, card }: Member): HeartbeatLane[] {
  const own = nodeOf(config, card.node);
  return config.networks.flatMap(({ name, pulse }) => {
    const address = own?.addresses.get(name);
    if (address === undefined) return [];
    const peers = peersOf(config, card.node).flatMap((peer) => {
      const there = peer.addresses.get(name);
      return there === undefined ? [] : [{ node: nodeName(peer.name), address: there }];
    });
    return [{ network: name, address, pulse, peers }];
  });
}

function waysTo({ config, card }: Member, peer: NodeName): NetworkWay[] {
  const own = nodeOf(config, card.node);
  const other = nodeOf(config, peer);
  return config.networks.flatMap(({ name }) => {
    const localAddress = own?.addresses.get(name);
    const address = other?.addresses.get(name);
    if (localAddress === undefined || address === undefined) return [];
    return [{ network: name, localAddress, address, port: config.ports.api }];
  });
}
