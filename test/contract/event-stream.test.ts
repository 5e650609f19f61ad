// SPDX-License-Identifier: Apache-2.0
/**
 * What libvirt does not tell by an event and Gemel must still notice: a definition that was changed on disk.
 */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Outcome, VmEvent, VmSummary } from "../../core/ports/hypervisor.js";
import { EventStream } from "../../kvm/events.js";
import { waitFor } from "../lab/wait.js";

const id = "0d4b3f6e-5a52-4f5e-9f0e-6a1f1c1c7a01";
const busy: Outcome<never> = { ok: false, code: "GEMEL-3003", message: "busy", next: "" };
const nothing: Outcome<readonly VmSummary[]> = { ok: true, value: [] };

interface Stage {
  readonly definitions: string;
  readonly events: VmEvent[];
}

/** A stream over a `virsh` that says nothing, whose first `refusals` lists fail. */
function listen(context: TestContext, refusals: number, isThere: boolean): Stage {
  const root = mkdtempSync(join(tmpdir(), "gemel-events-"));
  const program = join(root, "virsh");
  const definitions = join(root, "qemu");
  writeFileSync(program, "#!/bin/sh\nexec sleep 1000\n");
  chmodSync(program, 0o755);
  if (isThere) mkdirSync(definitions);
  let left = refusals;
  const list = (): Promise<typeof nothing> => Promise.resolve(left-- > 0 ? busy : nothing);
  const stream = new EventStream({ uri: "test:///default", program, definitions, taken: [], list });
  const events: VmEvent[] = [];
  const stop = stream.subscribe((event) => events.push(event));
  context.after(() => {
    stop();
    rmSync(root, { recursive: true });
  });
  return { definitions, events };
}

async function isTold({ definitions, events }: Stage): Promise<void> {
  writeFileSync(join(definitions, "cam1.xml"), `<domain><uuid>${id}</uuid></domain>`);
  const told = (): boolean => events.some((event) => event.kind === "definition" && event.id === id);
  await waitFor("the changed definition to be told", told, 20_000);
  assert.ok(told());
}

test("definition-changed-while-libvirtd-refuses-is-told", async (context) => {
  // The first list is the stream's own beginning.
  await isTold(listen(context, 3, true));
});

test("definition-folder-made-later-is-watched", async (context) => {
  const stage = listen(context, 0, false);
  await new Promise((done) => setTimeout(done, 200));
  mkdirSync(stage.definitions);
  await isTold(stage);
});
