// SPDX-License-Identifier: Apache-2.0
// The one-time token that lets a second host join: where the first node is, which authority it must prove,
// and a secret. The first node keeps only the secret's hash, with the expiry, and forgets it at first use.
// The expiry is by the first node's wall clock and guards only this invitation; nothing about data is decided
// by it (P4).

import { Type } from "@sinclair/typebox";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { GemelError } from "../../base/errors.js";
import { count, isOfShape, text } from "../../base/shape.js";
import type { Paths } from "../config/paths.js";
import { readDurable, removeWhole, writeDurable } from "../record/durable-file.js";
import { tokenLifeMs } from "../../base/limits/access.js";

const prefix = "gemel1.";
const tokenFormat = 1;

export interface JoinToken {
  readonly cluster: string;
  /** `address:port` of the first node in every network. */
  readonly contacts: readonly string[];
  /** Name and CIDR: the joining host looks up its own addresses in them. */
  readonly networks: readonly (readonly [string, string])[];
  readonly authority: string;
  readonly secret: string;
  readonly expires: number;
}

interface KeptToken {
  readonly hash: string;
  readonly expires: number;
}

/** In this order they travel: a token is long enough without the names. */
const tokenParts = Type.Tuple([
  text,
  Type.Array(Type.String({ pattern: "^[0-9.]+:\\d+$" })),
  Type.Array(Type.Tuple([text, text]), { minItems: 1 }),
  text,
  text,
  count,
]);

export function encodeToken(token: JoinToken): string {
  const { cluster, contacts, networks, authority, secret, expires } = token;
  const parts = JSON.stringify([cluster, contacts, networks, authority, secret, expires]);
  return prefix + Buffer.from(parts).toString("base64url");
}

export function decodeToken(text: string): JoinToken {
  const parts = text.startsWith(prefix) && text.length < 4096 ? parse(text.slice(prefix.length)) : undefined;
  if (!isOfShape(tokenParts, parts)) throw new GemelError("GEMEL-4003", "", "It is not a Gemel token.");
  const [cluster, contacts, networks, authority, secret, expires] = parts;
  return { cluster, contacts, networks, authority, secret, expires };
}

/** A new secret, kept as its hash; any token given out before is void. */
export function newSecret(paths: Paths, now: number): { readonly secret: string; readonly expires: number } {
  const secret = randomBytes(24).toString("base64url");
  const expires = now + tokenLifeMs;
  writeDurable(paths.joinToken, tokenFormat, { hash: hash(secret), expires } satisfies KeptToken);
  return { secret, expires };
}

/** Whether it is the one that was given out, and still good. */
export function knowsSecret(paths: Paths, secret: string, now: number): boolean {
  const token = keptFor(paths, secret);
  return token !== undefined && token.expires > now;
}

/** True once: the secret is forgotten before anything is done with it. */
export function useSecret(paths: Paths, secret: string, now: number): boolean {
  const token = keptFor(paths, secret);
  if (token === undefined) return false;
  removeWhole(paths.joinToken);
  return token.expires > now;
}

function keptFor(paths: Paths, secret: string): KeptToken | undefined {
  const kept = readDurable(paths.joinToken, tokenFormat);
  if (kept.kind !== "value") return undefined;
  const token = kept.value as KeptToken;
  const same = timingSafeEqual(Buffer.from(token.hash, "hex"), Buffer.from(hash(secret), "hex"));
  return same ? token : undefined;
}

const hash = (secret: string): string => createHash("sha256").update(secret).digest("hex");

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
