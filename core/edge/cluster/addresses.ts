// SPDX-License-Identifier: Apache-2.0
// Which address of this host lies in a given network: how init and join find out over which ways nodes reach
// each other without anybody typing an address.

import { BlockList, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import type { NetworkRequest } from "../../api/contract.js";
import { GemelError } from "../../base/errors.js";

export function checkCidr(cidr: string): void {
  const [address = "", bits = ""] = cidr.split("/");
  const length = Number(bits);
  if (!isIPv4(address) || !/^\d{1,2}$/.test(bits) || length < 8 || length > 30) {
    throw new GemelError("GEMEL-4008", cidr, `${cidr} is not a network such as 10.0.0.0/24.`);
  }
}

/** This host's first IPv4 address in the network, if it has one. */
export function addressIn(cidr: string): string | undefined {
  const [network = "", bits = "0"] = cidr.split("/");
  const range = new BlockList();
  range.addSubnet(network, Number(bits), "ipv4");
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ address, family }) => family === "IPv4" && range.check(address, "ipv4"))?.address;
}

/** The host's address in every network; a network without one is refused by name. */
export function ownAddresses(networks: readonly NetworkRequest[]): Map<string, string> {
  return new Map(
    networks.map(({ name, cidr, address }) => {
      const found = address ?? addressIn(cidr);
      if (found === undefined || !isIPv4(found)) {
        throw new GemelError("GEMEL-4011", name, `Network ${name} is ${cidr}.`);
      }
      return [name, found];
    }),
  );
}
