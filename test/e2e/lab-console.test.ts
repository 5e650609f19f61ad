// SPDX-License-Identifier: Apache-2.0
/**
 * A browser's way into the lab: one fixed address per host, trusted by the cluster's CA, that leads to this
 * host or nowhere.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect, TLSSocket, type PeerCertificate } from "node:tls";
import { Lab } from "../lab/lab.js";
import { labsPath } from "../lab/machine/folders.js";
import { waitFor } from "../lab/wait.js";
import { leftoversAfter } from "../runner/leftovers.js";
import { Twins, nodeNames } from "./twins.js";
import type { NodeName } from "./twins.js";

interface Answer {
  readonly status: number;
  readonly text: string;
  /** What the other side showed: the host that really answered. */
  readonly certificate: PeerCertificate;
}

/** As a browser that trusts this authority and nobody else; a name that does not fit is refused. */
async function get(url: string, ca: string): Promise<Answer> {
  return await new Promise<Answer>((done, failed) => {
    const asked = request(url, { ca, agent: false, timeout: 10_000 }, (response) => {
      assert.ok(response.socket instanceof TLSSocket);
      const certificate = response.socket.getPeerCertificate();
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => done({ status: response.statusCode ?? 0, text, certificate }));
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer in time")));
    asked.on("error", failed).end();
  });
}

const refuses = async (url: string, ca: string): Promise<boolean> =>
  await get(url, ca).then(
    () => false,
    (error: unknown) => (error as NodeJS.ErrnoException).code === "ECONNREFUSED",
  );

describe("lab console", () => {
  mkdirSync(labsPath(), { recursive: true });
  const dir = mkdtempSync(join(labsPath(), "test-console-"));
  let twins: Twins;
  let ca: string;
  const url = (node: NodeName): string => `${twins.host(node).consoleUrl ?? "none"}/api/v1/cluster/ca`;

  before(async () => {
    twins = await Twins.up({ dir, sizeMiB: 512, console: true });
    ca = await twins.gemel("alpha", "cluster", "ca");
  });
  after(async () => {
    await twins.down();
    const left = await leftoversAfter(5_000, "none", dir);
    rmSync(dir, { recursive: true, force: true });
    assert.deepEqual(left, [], "the lab left something behind");
  });

  test("each host answers at its own address, with a certificate of the cluster for it", async () => {
    assert.equal(twins.host("alpha").consoleUrl, "https://127.0.0.2:7410");
    assert.equal(twins.host("beta").consoleUrl, "https://127.0.0.3:7410");
    for (const node of nodeNames) {
      const { status, text, certificate } = await get(url(node), ca);
      assert.equal(status, 200, text);
      assert.equal(text.trim(), ca.trim());
      assert.equal(certificate.subject.CN, node);
    }
  });

  test("each node names these addresses first", async () => {
    for (const seenFrom of nodeNames) {
      const { nodes } = await twins.status(seenFrom);
      for (const { name, urls } of nodes) assert.equal(urls[0], twins.host(name as NodeName).consoleUrl);
    }
  });

  test("a second lab does not get the addresses, and says why before it builds anything", async () => {
    const other = join(dir, "second");
    await assert.rejects(Lab.up({ dir: other, console: true }), /127\.0\.0\.2:7410 is taken: another lab/);
    assert.equal(Lab.find(other), undefined);
  });

  test("a killed host's address breaks and refuses, the other answers on; boot brings it back", async () => {
    const { hostname, port } = new URL(url("alpha"));
    const open = connect({ host: hostname, port: Number(port), ca });
    const ended = new Promise<string>((done) => {
      open.on("error", () => undefined).on("close", () => done("closed"));
    });
    await new Promise((done) => open.once("secureConnect", done));
    const before = (await get(url("alpha"), ca)).certificate.fingerprint256;

    await twins.host("alpha").kill();
    assert.equal(await ended, "closed");
    assert.ok(await refuses(url("alpha"), ca), "alpha's address refuses");
    assert.equal((await get(url("beta"), ca)).certificate.subject.CN, "beta");

    await twins.host("alpha").boot();
    const again = await waitFor(
      "alpha's console to answer again",
      async () => await get(url("alpha"), ca),
      30_000,
    );
    assert.equal(again.certificate.fingerprint256, before);
  });

  test("after the lab nobody listens there", async () => {
    const urls = nodeNames.map(url);
    await twins.down();
    for (const one of urls) assert.ok(await refuses(one, ca), one);
  });
});
