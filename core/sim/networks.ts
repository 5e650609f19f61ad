// SPDX-License-Identifier: Apache-2.0
// Who reaches whom: two networks between two hosts, the data link's own way, and each host's way to an
// arbiter. A cut may be for one direction alone.

import type { Host } from "./host.js";

const networks = ["data", "heart"] as const;

export class Networks {
  /** "net:from>to" of what is cut. */
  readonly cuts = new Set<string>();

  cut(net: string, from: string, to: string, oneWay = false): void {
    this.cuts.add(`${net}:${from}>${to}`);
    if (!oneWay) this.cuts.add(`${net}:${to}>${from}`);
  }

  heal(net: string): void {
    for (const cut of [...this.cuts]) if (cut.startsWith(`${net}:`)) this.cuts.delete(cut);
  }

  isWhole(net: string, from: string, to: string): boolean {
    return !this.cuts.has(`${net}:${from}>${to}`);
  }

  /** The networks over which a datagram gets there. */
  ways(from: Host, to: Host): readonly string[] {
    if (!from.runs || !to.isUp) return [];
    return networks.filter((net) => this.isWhole(net, from.name, to.name));
  }

  /** The control connection needs a way in both directions, over any network. */
  talk(from: Host, to: Host): boolean {
    return this.ways(from, to).some((net) => this.isWhole(net, to.name, from.name));
  }

  /** Data links try every network; "link" cuts them alone. */
  linkIsOpen(a: Host, b: Host): boolean {
    const isCut = !this.isWhole("link", a.name, b.name) || !this.isWhole("link", b.name, a.name);
    return a.runs && b.runs && !isCut && this.talk(a, b);
  }
}
