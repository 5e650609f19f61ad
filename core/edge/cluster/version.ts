// SPDX-License-Identifier: Apache-2.0
// Which Gemel this is. Nodes speak together when their protocols are equal or neighbours (N and N-1).

import { readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync(new URL("../../../../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

export const gemelVersion: string = manifest.version;
/** Of heartbeats, control connection and API between nodes. 1: the first. */
export const protocolVersion = 1;

export const speaksWith = (protocol: number): boolean => Math.abs(protocol - protocolVersion) <= 1;
