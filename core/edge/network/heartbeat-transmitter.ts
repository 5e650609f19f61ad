// SPDX-License-Identifier: Apache-2.0
// Heartbeats on every network of the cluster: one socket each, bound to this node's address there, one
// datagram to every peer per pulse. What comes in and is not an authentic, fresh heartbeat of a known node is
// counted and forgotten. A network whose socket cannot be opened (its address is gone) is tried again with
// every pulse, and known as such.
//
// One transmitter per run of the daemon: when nodes or networks change it takes aim anew and counts on. A
// count that began again would be taken for an old recording by everyone who has heard this run before.

import { createSocket, type Socket } from "node:dgram";
import type { Milliseconds, NodeName } from "../../base/units.js";
import type { SaidOfItself } from "./control-connection.js";
import { decode, encode, judgeHeartbeat, type Heard, type Heartbeat } from "./heartbeat-packet.js";

export interface HeartbeatLane {
  readonly network: string;
  readonly address: string;
  readonly pulse: Milliseconds;
  readonly peers: readonly { readonly node: NodeName; readonly address: string }[];
}

/** Where heartbeats go, and how they are sealed. */
export interface Aim {
  readonly key: Uint8Array;
  readonly port: number;
  readonly lanes: readonly HeartbeatLane[];
}

export interface TransmitterOptions extends Omit<SaidOfItself, "progress"> {
  readonly self: NodeName;
  readonly alive: (beat: Heartbeat) => void;
}

export class Transmitter {
  private readonly sockets = new Map<string, Socket>();
  private timers: NodeJS.Timeout[] = [];
  private readonly heard = new Map<NodeName, Heard>();
  /** Incarnations to echo; also those only known from a hello. */
  private readonly echoes = new Map<NodeName, string>();
  private peers: ReadonlySet<NodeName> = new Set();
  private sequence = 0;
  /** Networks whose address this host no longer has: nothing can be sent or heard there. */
  readonly gone = new Map<string, string>();
  /** Reason → how often; shown by doctor. */
  readonly refused = new Map<string, number>();

  constructor(private readonly options: TransmitterOptions) {}

  aim(target: Aim): void {
    this.stop();
    this.peers = new Set(target.lanes.flatMap(({ peers }) => peers.map(({ node }) => node)));
    for (const lane of target.lanes) {
      this.open(lane, target);
      this.timers.push(setInterval(() => this.beat(lane, target), lane.pulse));
    }
  }

  stop(): void {
    this.timers.forEach((timer) => clearInterval(timer));
    this.timers = [];
    for (const socket of this.sockets.values()) socket.close();
    this.sockets.clear();
    this.gone.clear();
  }

  private open(lane: HeartbeatLane, { key, port }: Aim): void {
    const socket = createSocket({ type: "udp4", reuseAddr: false });
    this.sockets.set(lane.network, socket);
    socket.on("message", (datagram) => this.receive(lane, key, datagram));
    socket.on("listening", () => this.gone.delete(lane.network));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRNOTAVAIL") this.gone.set(lane.network, lane.address);
      // Closed by its own error; the next pulse opens a new one.
      if (this.sockets.get(lane.network) === socket) this.sockets.delete(lane.network);
      socket.close();
    });
    socket.bind(port, lane.address);
  }

  private beat(lane: HeartbeatLane, target: Aim): void {
    const socket = this.sockets.get(lane.network);
    if (socket === undefined) return this.open(lane, target);
    if (!this.options.turns()) return;
    const { self: from, incarnation, now, views } = this.options;
    const { network } = lane;
    for (const peer of lane.peers) {
      const [sequence, echo] = [++this.sequence, this.echoes.get(peer.node) ?? ""];
      const beat = { from, network, incarnation, sequence, echo, now: now(), views: views() };
      // A send that fails is a lost heartbeat, nothing more.
      socket.send(encode(beat, target.key), target.port, peer.address, () => undefined);
    }
  }

  private receive(lane: HeartbeatLane, key: Uint8Array, datagram: Buffer): void {
    const beat = decode(datagram, key);
    if (typeof beat === "string") return this.count(beat);
    if (!this.peers.has(beat.from)) return this.count("unknown node");
    const { self, incarnation } = this.options;
    const where = { self, network: lane.network, incarnation };
    const verdict = judgeHeartbeat(beat, where, this.heard.get(beat.from));
    if (verdict.kind === "ignored") return this.count(verdict.reason);
    this.echoes.set(beat.from, verdict.heard.incarnation);
    this.heard.set(beat.from, verdict.heard);
    if (verdict.kind === "alive") this.options.alive(beat);
  }

  private count(reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }
}
