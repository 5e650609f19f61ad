// SPDX-License-Identifier: Apache-2.0
// Passwords as they are kept: scrypt with its parameters beside the hash, so that stronger ones can come
// later without anybody's password being lost. A guess costs the guesser 32 MiB and three passes over it.

import { createHash, randomBytes, randomInt, scrypt, timingSafeEqual } from "node:crypto";
import { hashMemoryMax } from "../../base/limits/access.js";
import type { Passwords } from "./users.js";

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** OWASP's figures for 32 MiB; about a third of a second on a small server. */
const cost: Cost = { N: 2 ** 15, r: 8, p: 3 };
const hashBytes = 32;

const keptPattern = /^scrypt\$(\d{1,8})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9_-]{22,})\$([A-Za-z0-9_-]{43})$/;

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, cost);
  const { N, r, p } = cost;
  return ["scrypt", N, r, p, salt.toString("base64url"), hash.toString("base64url")].join("$");
}

/**
 * An unknown user (`kept` undefined) takes as long as a known one: the time must not tell who exists.
 */
export async function isPassword(password: string, kept: string | undefined): Promise<boolean> {
  const found = kept === undefined ? null : keptPattern.exec(kept);
  const [, N = cost.N, r = cost.r, p = cost.p, salt = "", hash = ""] = found ?? [];
  const given = await derive(password, Buffer.from(salt, "base64url"), {
    N: Number(N),
    r: Number(r),
    p: Number(p),
  });
  const wanted = found === null ? Buffer.alloc(hashBytes) : Buffer.from(hash, "base64url");
  return timingSafeEqual(given, wanted) && found !== null;
}

/** Twenty of 31 signs that nobody confuses: 99 bits, in groups that can be read out on the telephone. */
export function makePassword(): string {
  const signs = "abcdefghjkmnpqrstuvwxyz23456789";
  const group = (): string => Array.from({ length: 5 }, () => signs[randomInt(signs.length)]).join("");
  return Array.from({ length: 4 }, group).join("-");
}

/** How they are kept; a mark changes with the password, so sessions opened with another one are void. */
export const keptPasswords: Passwords = {
  hash: hashPassword,
  is: isPassword,
  mark: (kept) => createHash("sha256").update(kept).digest("base64url").slice(0, 22),
};

/** The same password however the keyboard composes its letters. */
async function derive(password: string, salt: Buffer, { N, r, p }: Cost): Promise<Buffer> {
  return await new Promise<Buffer>((done, failed) => {
    scrypt(password.normalize("NFC"), salt, hashBytes, { N, r, p, maxmem: hashMemoryMax }, (error, key) => {
      if (error === null) done(key);
      else failed(error);
    });
  });
}
