// SPDX-License-Identifier: Apache-2.0
// Modules' configurations kept equal on both nodes without a master: each node offers what it has to the
// other whenever that one comes back or something changed; the newer version counts (merge-rule.ts), a
// removed module stays removed.

import { moduleId, type NodeName } from "../../base/units.js";
import { sideOf } from "../../decide/mirror/side.js";
import { parseModule, writeModule } from "./module-file.js";
import type { PeerAnswer, PeerBody } from "../../api/calls/peer.js";
import { askPeer } from "../calls/forward.js";
import type { ClusterNetwork } from "../network/cluster-network.js";
import type { Modules } from "./modules.js";

export class ModuleConfigSync {
  /** Peer's incarnation and module → what it has confirmed. */
  private readonly confirmed = new Map<string, string>();
  private busy = false;

  constructor(
    private readonly modules: Modules,
    private readonly network: ClusterNetwork,
    /** The other node has let the module go; asked again until it is gone here too. */
    private readonly letGo: (id: string) => Promise<void>,
  ) {}

  /** Called regularly and after every change; an unreachable peer gets its offers when it is back. */
  async offerAll(): Promise<void> {
    const self = this.network.member?.card.node;
    if (this.busy || self === undefined) return;
    this.busy = true;
    try {
      for (const id of this.modules.ids()) {
        const side = sideOf(this.modules.settings(id)?.nodes ?? [], self);
        if (side.kind === "member") await this.offer(id, side.other);
      }
    } finally {
      this.busy = false;
    }
  }

  taken({ id, xml }: PeerBody<"offer-module">): PeerAnswer<"offer-module"> {
    return { module: this.modules.offer(moduleId(id), parseModule(xml).config) };
  }

  private async offer(id: string, peer: NodeName): Promise<void> {
    const settings = this.modules.settings(id);
    const incarnation = this.network.incarnationOf(peer);
    if (settings === undefined || incarnation === undefined || !this.network.answersControl(peer)) return;
    const key = `${incarnation} ${settings.uuid}`;
    const xml = writeModule(settings);
    if (this.confirmed.get(key) === xml) return;
    try {
      const offer = { id, xml };
      const answer = await askPeer(this.network, peer, "offer-module", offer);
      if (answer.module === "removed") await this.letGo(id);
      else this.confirmed.set(key, xml);
      if (answer.module === "taken") this.modules.told(id);
    } catch {
      // Not reached, or busy: offered again.
    }
  }
}
