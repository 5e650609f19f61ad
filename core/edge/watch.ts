// SPDX-License-Identifier: Apache-2.0
// The room that looks at everything and decides nothing: the alarms of this node and the other one, who has
// acknowledged them, the pause of automatic failover, and how long VMs took to start and stop. What is pure
// about it lies in core/describe; here are its files, clocks and the other node.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PeerAnswers } from "../api/calls/peer.js";
import type { CertificateView, Status } from "../api/contract.js";
import type { Failure } from "../base/errors.js";
import { instant, later, nodeName, wallTime } from "../base/units.js";
import type { Instant, Milliseconds, NodeName } from "../base/units.js";
import { gemelVersion } from "./cluster/version.js";
import type { Paths } from "./config/paths.js";
import { peersOf } from "./config/cluster-file.js";
import type { NodeState } from "../decide/mirror/types.js";
import { certificateViews } from "./access/certificates.js";
import { AlarmBook } from "../describe/alarm/alarm-book.js";
import { alarmsOf, diskFacts, type AlarmFacts, type CertificateFact } from "../describe/alarm/alarms.js";
import { measuredOn, measuresOf, Stopwatch, type Measures } from "../describe/module/measures.js";
import { FactsExchange, type NodeFacts } from "../describe/node-facts.js";
import { bootClock, wallClock } from "./clock.js";
import { KeptFile } from "./record/kept-file.js";
import { askPeer } from "./calls/forward.js";
import { pauseWords } from "../describe/status/times.js";
import type { SharedRecordSync } from "./cluster/shared-record-sync.js";
import type { Modules } from "./config/modules.js";
import type { MirrorSupervisor } from "./mirror/supervisor.js";
import type { ClusterNetwork, Member } from "./network/cluster-network.js";
import { certificatesEvery } from "../base/limits/access.js";

/** What it looks at, of the running node. */
export interface WatchedRooms {
  readonly node: NodeName;
  readonly member: Member;
  readonly state: NodeState;
  readonly modules: Pick<Modules, "expect" | "ids">;
  readonly troubles: () => readonly Failure[];
  readonly mirrors: Pick<MirrorSupervisor, "ask" | "lastStatus">;
  readonly network: Pick<ClusterNetwork, "addressesGone" | "answersControl" | "call">;
  readonly recordSync: Pick<SharedRecordSync, "record">;
}

export interface WatchEdge {
  readonly paths: Paths;
  readonly log: (sentence: string, outcome: string) => void;
  readonly changed: () => void;
}

export class Watch {
  private readonly stopwatch: Stopwatch;
  private readonly facts: FactsExchange;
  private readonly book: AlarmBook;
  private certificatesKnown: readonly CertificateFact[] = [];
  private certificatesUntil: Instant = instant(0);

  constructor(
    private readonly running: WatchedRooms,
    private readonly edge: WatchEdge,
  ) {
    const { network, recordSync } = running;
    const file = join(edge.paths.state, "measures.json");
    const keep = new KeptFile(file, (why) => edge.log("How long a VM took to start could not be kept.", why));
    this.stopwatch = new Stopwatch(kept(file), (measures) => void keep.write(JSON.stringify(measures)));
    this.facts = new FactsExchange({
      now: bootClock,
      wallMs: () => Date.now(),
      peers: () => peersOf(running.member.config, running.node).map(({ name }) => name),
      answers: (peer) => network.answersControl(nodeName(peer)),
      ask: (peer) => askPeer(network, nodeName(peer), "node-facts", {}),
    });
    this.book = new AlarmBook({
      now: bootClock,
      wall: wallClock,
      acknowledged: () => recordSync.record.list("ack"),
      forget: (id) => recordSync.record.set("ack", id, null),
    });
  }

  readonly answers: PeerAnswers<"node-facts"> = {
    "node-facts": () =>
      Promise.resolve({
        version: gemelVersion,
        wallMs: Date.now(),
        alarms: this.book.found,
        measures: this.stopwatch.measures,
      } satisfies NodeFacts),
  };

  /** Every state of the loop. */
  see(state: NodeState): void {
    this.stopwatch.see(state);
  }

  async look(): Promise<void> {
    if (await this.facts.exchange()) this.edge.changed();
  }

  /** The status with its alarms: they are found in what it says. */
  complete(status: Status, unwritable: AlarmFacts["unwritable"]): Status {
    const { running } = this;
    const { mirrors, modules } = running;
    const found = alarmsOf({
      ...status,
      self: running.node,
      pause: status.pause === null ? undefined : pauseWords(status.pause, wallTime(status.at)),
      hypervisorLost: running.state.hypervisor === "lost",
      disks: modules.ids().flatMap((module) => diskFacts(module, mirrors.lastStatus(module))),
      certificates: this.certificateFacts(),
      peers: this.facts.live(),
      addressesGone: running.network.addressesGone,
      unwritable,
      troubles: running.troubles(),
    });
    const theirs = this.facts.live().flatMap(({ alarms }) => alarms);
    return { ...status, alarms: this.book.show(found, theirs) };
  }

  /** How long the module's VM took to start or to stop, as last measured there, else on the other node. */
  took(what: "startMs" | "stopMs", module: string, node: string): Milliseconds | undefined {
    const { nodes } = this.running.modules.expect(module);
    return measuredOn(what, nodes, node, (one) => this.measures(one)[module] ?? {});
  }

  measures(node: string): Measures {
    return node === this.running.node ? this.stopwatch.measures : this.facts.measures(node);
  }

  certificates(): CertificateView[] {
    return certificateViews(this.edge.paths, this.running.member.card, Date.now());
  }

  versionOf(peer: string): string | undefined {
    return this.facts.version(peer);
  }

  /** Files are read for this: not with every status. */
  private certificateFacts(): readonly CertificateFact[] {
    const now = bootClock();
    if (now < this.certificatesUntil) return this.certificatesKnown;
    this.certificatesUntil = later(now, certificatesEvery);
    this.certificatesKnown = this.certificates();
    return this.certificatesKnown;
  }
}

function kept(file: string): Measures {
  try {
    return measuresOf(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return {};
  }
}
