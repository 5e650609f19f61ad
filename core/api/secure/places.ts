// SPDX-License-Identifier: Apache-2.0
// How many connections may be open at the API's port: each costs a descriptor and some memory before anybody
// knows whose it is. One address has so many places, all strangers together so many, and each other node has
// its own, which nobody else can take (R91).

import { connectionsMax, connectionsOfAddressMax, connectionsOfPeerMax } from "../../base/limits/access.js";

export interface PlaceBounds {
  readonly all: number;
  readonly ofAddress: number;
  readonly ofPeer: number;
}

const standard: PlaceBounds = {
  all: connectionsMax,
  ofAddress: connectionsOfAddressMax,
  ofPeer: connectionsOfPeerMax,
};

export class Places {
  private readonly taken = new Map<string, number>();
  private strangers = 0;

  constructor(
    private readonly isPeer: (address: string) => boolean,
    private readonly bounds: PlaceBounds = standard,
  ) {}

  /** How to leave again; undefined: there is no place. */
  enter(remote: string): (() => void) | undefined {
    const from = written(remote);
    const isPeer = this.isPeer(from);
    const address = isPeer ? from : networkOf(from);
    const here = this.taken.get(address) ?? 0;
    const { all, ofAddress, ofPeer } = this.bounds;
    if (here >= (isPeer ? ofPeer : ofAddress)) return undefined;
    if (!isPeer && this.strangers >= all) return undefined;
    this.taken.set(address, here + 1);
    if (!isPeer) this.strangers++;
    return () => {
      const left = (this.taken.get(address) ?? 1) - 1;
      if (left > 0) this.taken.set(address, left);
      else this.taken.delete(address);
      if (!isPeer) this.strangers--;
    };
  }
}

/** IPv4 as it is written elsewhere, IPv6 without the name of an interface. */
function written(remote: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(remote) ?? [];
  return mapped ?? remote.split("%")[0] ?? "";
}

/** Of IPv6 what one subscriber has at will (/64) counts as one address. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":").filter((group) => group !== "");
  const behind = (tail ?? "").split(":").filter((group) => group !== "");
  const missing = tail === undefined ? 0 : 8 - groups.length - behind.length;
  return [...groups, ...Array<string>(missing).fill("0"), ...behind].slice(0, 4).join(":");
}
