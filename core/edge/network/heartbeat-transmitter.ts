// SPDX-License-Identifier: Apache-2.0
// Heartbeats on every network of the cluster: one socket each, bound to this node's address there, one
// datagram to every peer per pulse. What comes in and is not an authentic, fresh heartbeat of a known node is
// counted and forgotten. A network whose socket cannot be opened (interface down) is tried again with every
// pulse.

import { createSocket, type Socket } from "node:dgram";
import type { Instant, Milliseconds, NodeName } from "../../base/units.js";
import { decode, encode, judgeHeartbeat, type Heard, type Heartbeat } from "./heartbeat-packet.js";

export interface HeartbeatLane {
  readonly network: string;
  readonly address: string;
  readonly pulse: Milliseconds;
  readonly peers: readonly { readonly node: NodeName; readonly address: string }[];
}

export interface TransmitterOptions {
  readonly self: NodeName;
  readonly incarnation: string;
  readonly key: Buffer;
  readonly port: number;
  readonly lanes: readonly HeartbeatLane[];
  readonly now: () => Instant;
  readonly views: () => unknown;
  readonly alive: (beat: Heartbeat) => void;
}

export class Transmitter {
  private readonly sockets = new Map<string, Socket>();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly heard = new Map<NodeName, Heard>();
  /** Incarnations to echo; also those only known from a hello. */
  private readonly echoes = new Map<NodeName, string>();
  private readonly peers: ReadonlySet<NodeName>;
  private sequence = 0;
  /** Reason → how often; shown by doctor. */
  readonly refused = new Map<string, number>();

  constructor(private readonly options: TransmitterOptions) {
    this.peers = new Set(options.lanes.flatMap(({ peers }) => peers.map(({ node }) => node)));
  }

  start(): void {
    for (const lane of this.options.lanes) {
      this.open(lane);
      this.timers.push(setInterval(() => this.beat(lane), lane.pulse));
    }
  }

  stop(): void {
    this.timers.forEach((timer) => clearInterval(timer));
    for (const socket of this.sockets.values()) socket.close();
    this.sockets.clear();
  }

  private open(lane: HeartbeatLane): void {
    const socket = createSocket({ type: "udp4", reuseAddr: false });
    this.sockets.set(lane.network, socket);
    socket.on("message", (datagram) => this.receive(lane, datagram));
    socket.on("error", () => {
      // Closed by its own error; the next pulse opens a new one.
      if (this.sockets.get(lane.network) === socket) this.sockets.delete(lane.network);
      socket.close();
    });
    socket.bind(this.options.port, lane.address);
  }

  private beat(lane: HeartbeatLane): void {
    const socket = this.sockets.get(lane.network);
    if (socket === undefined) return this.open(lane);
    for (const peer of lane.peers) {
      const beat: Heartbeat = {
        from: this.options.self,
        network: lane.network,
        incarnation: this.options.incarnation,
        sequence: ++this.sequence,
        echo: this.echoes.get(peer.node) ?? "",
        now: this.options.now(),
        views: this.options.views(),
      };
      // A send that fails is a lost heartbeat, nothing more.
      socket.send(encode(beat, this.options.key), this.options.port, peer.address, () => undefined);
    }
  }

  private receive(lane: HeartbeatLane, datagram: Buffer): void {
    const beat = this.decoded(datagram);
    if (typeof beat === "string") return this.count(beat);
    if (!this.peers.has(beat.from)) return this.count("unknown node");
    const { self, incarnation } = this.options;
    const verdict = judgeHeartbeat(
      beat,
      { self, network: lane.network, incarnation },
      this.heard.get(beat.from),
    );
    if (verdict.kind === "ignored") return this.count(verdict.reason);
    this.echoes.set(beat.from, verdict.heard.incarnation);
    this.heard.set(beat.from, verdict.heard);
    if (verdict.kind === "alive") this.options.alive(beat);
  }

  private decoded(datagram: Buffer): Heartbeat | string {
    try {
      return decode(datagram, this.options.key);
    } catch {
      return "garbage";
    }
  }

  private count(reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }
}
