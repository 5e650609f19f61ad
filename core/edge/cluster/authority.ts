// SPDX-License-Identifier: Apache-2.0
// The cluster's own certificate authority. Keys are EC P-256, certificates are made by the openssl program (a
// system package already, no library of ours to keep; docs/decisions). They are valid for a hundred years,
// and dates are never a reason to refuse a member (docs/rules.md): a dead CMOS battery must not
// isolate a node. A certificate says who its holder is by CN and what it may be by OU: `node` or `admin`.

import { execFile } from "node:child_process";
import { createHash, generateKeyPairSync, randomBytes, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { opensslLimitMs } from "../../base/limits/edge.js";

const run = promisify(execFile);

export interface Authority {
  readonly certificate: string;
  readonly privateKey: string;
}

export type Holder = { readonly kind: "node" | "admin"; readonly name: string };

export function createKeyPair(): { readonly publicKey: string; readonly privateKey: string } {
  return generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

export async function createAuthority(cluster: string): Promise<Authority> {
  const { privateKey } = createKeyPair();
  const certificate = await inScratch(async (folder) => {
    await writeFile(join(folder, "ca.key"), privateKey, { mode: 0o600 });
    await writeFile(join(folder, "ca.cnf"), authorityExtensions);
    const subject = `/O=${escapeName(cluster)}/OU=authority/CN=gemel ${escapeName(cluster)}`;
    await openssl(folder, ["req", "-new", "-key", "ca.key", "-subj", subject, "-out", "ca.csr"]);
    const out = ["-days", "36500", "-extfile", "ca.cnf", "-out", "ca.pem"];
    await openssl(folder, ["x509", "-req", "-in", "ca.csr", "-signkey", "ca.key", ...serial(), ...out]);
    return await readFile(join(folder, "ca.pem"), "utf8");
  });
  return { certificate, privateKey };
}

/** A certificate over `publicKey` for this holder; addresses and host names become alternative names. */
export async function issue(
  authority: Authority,
  holder: Holder,
  publicKey: string,
  addresses: readonly string[],
): Promise<string> {
  return await inScratch(async (folder) => {
    await writeFile(join(folder, "ca.pem"), authority.certificate);
    await writeFile(join(folder, "ca.key"), authority.privateKey, { mode: 0o600 });
    await writeFile(join(folder, "key.pub"), publicKey);
    await writeFile(join(folder, "leaf.cnf"), leafExtensions(holder, addresses));
    const subject = `/OU=${holder.kind}/CN=${escapeName(holder.name)}`;
    const ca = ["-CA", "ca.pem", "-CAkey", "ca.key", ...serial()];
    const leaf = ["-new", "-force_pubkey", "key.pub", "-subj", subject, "-days", "36500"];
    await openssl(folder, ["x509", ...leaf, ...ca, "-extfile", "leaf.cnf", "-out", "leaf.pem"]);
    return await readFile(join(folder, "leaf.pem"), "utf8");
  });
}

/** SHA-256 over the certificate's DER form, hexadecimal: what a join token carries. */
export function fingerprint(certificate: string): string {
  return createHash("sha256").update(new X509Certificate(certificate).raw).digest("hex");
}

/**
 * Whose certificate this is, if our authority issued it. Only signature and names count, dates do not. That
 * the other side holds the key was proved by the TLS handshake before anybody asks here.
 */
export function holderOf(raw: Buffer, authorityCertificate: string): Holder | undefined {
  const leaf = new X509Certificate(raw);
  const authority = new X509Certificate(authorityCertificate);
  if (!leaf.checkIssued(authority) || !leaf.verify(authority.publicKey)) return undefined;
  const { OU: kind, CN: name } = leaf.toLegacyObject().subject;
  if (typeof name !== "string" || (kind !== "node" && kind !== "admin")) return undefined;
  return { kind, name };
}

const authorityExtensions = [
  "basicConstraints=critical,CA:TRUE,pathlen:0",
  "keyUsage=critical,keyCertSign,cRLSign",
  "subjectKeyIdentifier=hash",
].join("\n");

function leafExtensions(holder: Holder, addresses: readonly string[]): string {
  const names = [...new Set([holder.name, ...addresses])].map((name) =>
    isIP(name) === 0 ? `DNS:${name}` : `IP:${name}`,
  );
  return [
    "basicConstraints=critical,CA:FALSE",
    "keyUsage=critical,digitalSignature",
    `extendedKeyUsage=${holder.kind === "node" ? "serverAuth,clientAuth" : "clientAuth"}`,
    "subjectKeyIdentifier=hash",
    "authorityKeyIdentifier=keyid",
    `subjectAltName=${names.join(",")}`,
  ].join("\n");
}

const serial = (): string[] => ["-set_serial", `0x4${randomBytes(15).toString("hex")}`];

/** Names reach us only after their patterns were checked; a slash would still start a new field. */
const escapeName = (name: string): string => name.replace(/[^A-Za-z0-9._ -]/g, "_");

async function openssl(folder: string, argv: readonly string[]): Promise<void> {
  await run("openssl", [...argv], { cwd: folder, timeout: opensslLimitMs });
}

/** Private keys touch the disk only in a folder that nobody else can enter and that is gone afterwards. */
async function inScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "gemel-ca-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
