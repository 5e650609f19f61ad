// SPDX-License-Identifier: Apache-2.0
// The shared record of this node and its exchange with the other one: offered as a whole whenever that node
// is back or something changed here; its answer is what it then has, so one call makes both equal.

import { createHash } from "node:crypto";
import { GemelError } from "../../base/errors.js";
import type { NodeName } from "../../base/units.js";
import { entriesOf, type Entries } from "./shared-entries.js";
import { SharedRecord } from "./shared-record.js";
import { peersOf } from "../config/cluster-file.js";
import type { PeerAnswers } from "../../api/calls/peer.js";
import { askPeer } from "../calls/forward.js";
import type { ClusterNetwork } from "../network/cluster-network.js";

const callName = "offer-shared";

export class SharedRecordSync {
  readonly record: SharedRecord;
  /** Peer's incarnation → digest of what it and we have agreed on. */
  private readonly agreed = new Map<string, string>();
  private busy = false;

  constructor(
    file: string,
    self: NodeName,
    private readonly network: ClusterNetwork,
    said: (sentence: string, outcome: string) => void,
  ) {
    this.record = new SharedRecord(file, self);
    this.record.onChange((_keys, lost) => {
      for (const key of lost)
        said(`Both nodes have changed ${key} while they were cut.`, "the other node's change counts");
      void this.offerAll();
    });
  }

  readonly answers: PeerAnswers<typeof callName> = {
    [callName]: (body) => {
      const theirs = entriesOf(body.entries);
      if (theirs === undefined) throw new GemelError("GEMEL-4008", callName, "These are no shared entries.");
      this.record.take(theirs);
      return Promise.resolve({ entries: this.record.entries });
    },
  };

  /** Called regularly and after every change; an unreachable peer gets its offer when it is back. */
  async offerAll(): Promise<void> {
    const { member } = this.network;
    if (this.busy || member === undefined) return;
    this.busy = true;
    try {
      for (const { name } of peersOf(member.config, member.card.node)) await this.offer(name);
    } finally {
      this.busy = false;
    }
  }

  private async offer(peer: NodeName): Promise<void> {
    const incarnation = this.network.incarnationOf(peer);
    if (incarnation === undefined || !this.network.answersControl(peer)) return;
    if (this.agreed.get(incarnation) === digest(this.record.entries)) return;
    try {
      const answer = await askPeer(this.network, peer, callName, { entries: this.record.entries });
      const theirs = entriesOf(answer.entries);
      if (theirs === undefined) return;
      this.agreed.set(incarnation, digest(theirs));
      this.record.take(theirs);
    } catch {
      // Not reached, or of a version that does not know the call: offered again.
    }
  }
}

const digest = (entries: Entries): string =>
  createHash("sha256").update(JSON.stringify(entries)).digest("base64");
