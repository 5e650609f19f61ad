// SPDX-License-Identifier: Apache-2.0
// Heartbeats on every network of the cluster: one socket each, bound to this node's address there, one
// datagram to every peer per pulse. What comes in and is not an authentic, fresh heartbeat of a known node is
// counted and forgotten. A network whose socket cannot be opened (interface down) is tried again with every
// pulse.
//
// One transmitter per run of the daemon: when nodes or networks change it takes aim anew and counts on. A
// count that began again would be taken for an old recording by everyone who has heard this run before.

import { createSocket, type Socket } from "node:dgram";
import type { Instant, Milliseconds, NodeName } from "../../base/units.js";
import { decode, encode, judgeHeartbeat, type Heard, type Heartbeat } from "./heartbeat-packet.js";

export interface HeartbeatLane {
  readonly network: string;
  readonly address: string;
  readonly pulse: Milliseconds;
  readonly peers: readonly { readonly node: NodeName; readonly address: string }[];
}

/** Where heartbeats go, and how they are sealed. */
export interface Aim {
  readonly key: Buffer;
  readonly port: number;
  readonly lanes: readonly HeartbeatLane[];
}

export interface TransmitterOptions {
  readonly self: NodeName;
  readonly incarnation: string;
  readonly now: () => Instant;
  readonly views: () => unknown;
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
  }

  private open(lane: HeartbeatLane, { key, port }: Aim): void {
    const socket = createSocket({ type: "udp4", reuseAddr: false });
    this.sockets.set(lane.network, socket);
    socket.on("message", (datagram) => this.receive(lane, key, datagram));
    socket.on("error", () => {
      // Closed by its own error; the next pulse opens a new one.
      if (this.sockets.get(lane.network) === socket) this.sockets.delete(lane.network);
      socket.close();
    });
    socket.bind(port, lane.address);
  }

  private beat(lane: HeartbeatLane, target: Aim): void {
    const socket = this.sockets.get(lane.network);
    if (socket === undefined) return this.open(lane, target);
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
      socket.send(encode(beat, target.key), target.port, peer.address, () => undefined);
    }
  }

  private receive(lane: HeartbeatLane, key: Buffer, datagram: Buffer): void {
    const beat = decoded(datagram, key);
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

  private count(reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }
}

function decoded(datagram: Buffer, key: Buffer): Heartbeat | string {
  try {
    return decode(datagram, key);
  } catch {
    return "garbage";
  }
}
