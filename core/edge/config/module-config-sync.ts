// SPDX-License-Identifier: Apache-2.0
// Modules' configurations kept equal on both nodes without a master: each node offers what it has to the
// other whenever that one comes back or something changed; the higher revision wins, a removed module stays
// removed.

import { moduleId, type NodeName } from "../../base/units.js";
import { sideOf } from "../../decide/mirror/side.js";
import { parseModule, writeModule } from "./module-file.js";
import { forward } from "../calls/forward.js";
import type { ClusterNetwork } from "../network/cluster-network.js";
import type { Modules } from "./modules.js";

export interface Offer {
  readonly id: string;
  readonly xml: string;
}

/** An object: a bare word would travel as text, which no reader of JSON takes for a word. */
export interface OfferAnswer {
  readonly module: "taken" | "kept" | "removed";
}

export class ModuleConfigSync {
  /** Peer's incarnation and module → revision that it has confirmed. */
  private readonly confirmed = new Map<string, number>();
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

  taken({ id, xml }: Offer): OfferAnswer {
    return { module: this.modules.offer(moduleId(id), parseModule(xml).config) };
  }

  private async offer(id: string, peer: NodeName): Promise<void> {
    const settings = this.modules.settings(id);
    const incarnation = this.network.incarnationOf(peer);
    if (settings === undefined || incarnation === undefined || !this.network.answersControl(peer)) return;
    const key = `${incarnation} ${settings.uuid}`;
    if (this.confirmed.get(key) === settings.revision) return;
    try {
      const body: Offer = { id, xml: writeModule(settings) };
      const path = "/api/v1/peer/calls/offer-module";
      const answer = await forward<OfferAnswer>(this.network, peer, { method: "POST", path, body });
      if (answer.module === "removed") await this.letGo(id);
      else this.confirmed.set(key, settings.revision);
    } catch {
      // Not reached, or busy: offered again.
    }
  }
}
