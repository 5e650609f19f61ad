// SPDX-License-Identifier: Apache-2.0
/** Into Gemel's hands and out of them again, with a real guest that has to find all its records each time. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { waitFor } from "../lab/wait.js";
import { scenarios } from "./fixture.js";
import { folderOf, homeOf } from "./twins.js";
import type { NodeName, Twins } from "./twins.js";

const scenario = scenarios({ modules: ["cam1"] });
const images = "/var/lib/libvirt/images";

const definitionOn = (twins: Twins, node: NodeName): string =>
  readFileSync(twins.host(node).path(`${folderOf("cam1")}/domain.xml`), "utf8");

async function protectAgain(twins: Twins): Promise<void> {
  await twins.gemel("alpha", "protect", "cam1", "--module", "cam1", "--stop", "--json");
  await twins.untilReady("cam1", homeOf("cam1"));
  await twins.acknowledgesMore("cam1");
}

scenario("definition-changed-with-virsh-is-on-both-nodes", async (twins) => {
  const text = "four cameras at the gate";
  await twins.host("alpha").must(["virsh", "desc", "cam1", "--config", text]);
  for (const node of ["alpha", "beta"] as const) {
    const changed = (): boolean => definitionOn(twins, node).includes(text);
    await waitFor(`the changed definition in the folder on ${node}`, changed, 10_000);
  }
});

scenario("start-past-gemel-is-refused", async (twins) => {
  const beta = twins.host("beta");
  const definition = "/run/gemel-lab/past.xml";
  await beta.must(["sh", "-c", `cat ${folderOf("cam1")}/domain.xml > ${definition}`]);
  await beta.must(["virsh", "define", definition]);
  const started = await beta.exec(["virsh", "start", "cam1"]);
  assert.notEqual(started.code, 0);
  assert.match(started.stderr, /gemel: refused to start 'cam1'.*gemel start cam1/);
  await beta.must(["virsh", "undefine", "cam1"]);
});

scenario("unprotect-and-protect-again", async (twins) => {
  // Asked of the node that does not run it.
  await twins.gemel("beta", "unprotect", "cam1", "--stop", "--json");
  assert.deepEqual((await twins.status("alpha")).modules, []);
  await waitFor("beta to forget it", async () => (await twins.status("beta")).modules.length === 0, 10_000);
  assert.ok(readdirSync(twins.host("alpha").path(images)).includes("cam1.raw"));
  await twins.acknowledgesMore("cam1");
  await protectAgain(twins);
});

scenario("unprotect-with-the-other-node-gone", async (twins) => {
  const { lab } = twins;
  await twins.host("beta").kill();
  await twins.untilState("alpha", "cam1", "ALONE");
  await twins.gemel("alpha", "unprotect", "cam1", "--stop", "--json");
  await twins.acknowledgesMore("cam1");
  await lab.host("beta").boot();
  await waitFor("beta to forget it", async () => (await twins.status("beta")).modules.length === 0, 60_000);
  // P8: its copy is kept, under a name that nobody takes for the module's.
  await twins.host("beta").must(["rm", "-r", `${folderOf("cam1")}.unprotected-1`]);
  await protectAgain(twins);
});
