// SPDX-License-Identifier: Apache-2.0
// VMs of both nodes, from either node's daemon: listed, and protected where they live.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { HistoryEntry, ProcedureStatus, ProtectReply, VmView } from "../../core/api/contract.js";
import { Pair, type Node } from "./pair/pair.js";

let pair: Pair;

before(async () => {
  pair = await Pair.up({ vms: { alpha: ["Tor 1", "Doppelt"], beta: ["Bühne 2", "Doppelt"] } });
});
after(async () => {
  await pair.close();
});

async function vms(from: Node, ...options: string[]): Promise<readonly string[]> {
  const { stdout, stderr } = await pair.gemel(from, "vms", ...options, "--json");
  assert.equal(stderr, "");
  return (JSON.parse(stdout) as VmView[]).map(({ node, name }) => `${node}: ${name}`).sort();
}

test("vms-of-both-nodes-from-either", async () => {
  const all = ["alpha: Doppelt", "alpha: Tor 1", "beta: Bühne 2", "beta: Doppelt"];
  assert.deepEqual(await vms("alpha"), all);
  assert.deepEqual(await vms("beta"), all);
  assert.deepEqual(await vms("alpha", "--node", "alpha"), all.slice(0, 2));
  assert.deepEqual(await vms("alpha", "--node", "beta"), all.slice(2));
  const shown = await pair.gemel("alpha", "vms");
  assert.match(shown.stdout, /beta +Bühne 2 +off +64\.0 MiB +1 CPU +not protected/);
  const nobody = await pair.gemel("alpha", "vms", "--node", "gamma");
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /GEMEL-4012/);
});

test("protect-asks-the-node-on-which-the-vm-lives", async () => {
  const asked = ["protect", "Doppelt", "--node", "beta", "--module", "double", "--dry-run", "--json"];
  const there = JSON.parse((await pair.gemel("alpha", ...asked)).stdout) as ProtectReply;
  assert.deepEqual(
    there.disks?.map(({ source }) => source),
    [pair.path("beta", "images", "1.raw")],
  );
  assert.equal(there.firstCopy?.seconds, null);
  const wrong = await pair.gemel("alpha", "protect", "Bühne 2", "--dry-run");
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /not on alpha; beta has one/);
  assert.match(wrong.stderr, /gemel protect "Bühne 2" --node beta/);
  const nobody = await pair.gemel("alpha", "protect", "Niemand", "--dry-run");
  assert.match(nobody.stderr, /GEMEL-3005/);
  assert.doesNotMatch(nobody.stderr, /--node/);
});

test("protect-on-the-other-node-is-followed-from-here", async () => {
  const { stdout } = await pair.gemel("alpha", "protect", "Bühne 2", "--node", "beta", "--module", "stage");
  const seen = async (from: Node): Promise<ProcedureStatus | undefined> =>
    (await pair.status(from)).procedures.find(({ subject }) => subject === "stage");
  // However it ends with fake engines: it is the same on both nodes, and was done on beta.
  await pair.until("both show the procedure of beta", async () => {
    const [here, there] = [await seen("alpha"), await seen("beta")];
    return here?.node === "beta" && there?.node === "beta" && here.state !== "running";
  });
  assert.match(stdout, /protect stage on beta/);
  const told = JSON.parse((await pair.gemel("beta", "log", "--json")).stdout) as HistoryEntry[];
  const audit = told.find(({ kind, sentence }) => kind === "audit" && sentence.startsWith("protect the VM"));
  assert.equal(audit?.inputs["by"], "root", "the person, not the node that passed it on");
  assert.equal(audit.module, "stage", "found by the module that came of it");
});

test("a-silent-nodes-vms-are-left-out", async () => {
  await pair.stop("beta", "SIGKILL");
  await pair.until("alpha lists only its own", async () =>
    (await vms("alpha")).every((one) => one.startsWith("alpha")),
  );
  const there = await pair.gemel("alpha", "vms", "--node", "beta");
  assert.equal(there.code, 1);
  assert.match(there.stderr, /GEMEL-1009/);
});
