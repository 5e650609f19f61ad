// SPDX-License-Identifier: Apache-2.0
// What every hypervisor adapter must do, whatever is below it, beyond what every workload does
// (workload-suite.ts). The same tests hold for the fake (on which the control plane's tests stand) and for
// the real one: so the fake cannot promise what the real one does not keep.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { seconds } from "../../core/base/units.js";
import type { VmEvent, VmId, VmPower } from "../../core/ports/hypervisor.js";
import { refusal, until, value, workloadSuite } from "./workload-suite.js";
import type { World } from "./world.js";

const oddName = "Kamera Süd 'x' & 한국";
const nobody = "00000000-0000-4000-8000-000000000000";

export function hypervisorSuite(open: () => Promise<World>): void {
  let world: World;
  before(async () => void (world = await open()));
  afterEach(() => world.reset());
  after(() => world.close());

  const running = async (name: string, folder?: string): Promise<VmId> => {
    const vm = await world.createVm(name, folder);
    value(await world.hypervisor.startHeld(vm));
    value(await world.hypervisor.letRun(vm));
    return vm;
  };
  const power = async (vm: VmId): Promise<VmPower> => value(await world.hypervisor.look(vm)).power;

  workloadSuite(() => world);
  definitionTests(() => world, power);
  startTests(() => world, running, power);
  runningTests(() => world, running);
  stopTests(() => world, running, power);
  guardTests(() => world, power);
  eventTests(() => world, running);
}

type Make = (name: string, folder?: string) => Promise<VmId>;
type Power = (vm: VmId) => Promise<VmPower>;

function definitionTests(world: () => World, power: Power): void {
  test("connect-tells-the-host", async () => {
    const host = value(await world().hypervisor.connect());
    assert.ok(host.memoryTotal > 0 && host.memoryFree > 0 && host.cpus > 0);
    assert.ok(host.machines.length > 0);
    assert.notEqual(host.version, "");
  });

  test("list-shows-odd-names-and-power", async () => {
    const vm = await world().createVm(oddName);
    const listed = value(await world().hypervisor.list());
    assert.deepEqual(
      listed.map(({ id, name, power: state, autostart }) => ({ id, name, state, autostart })),
      [{ id: vm, name: oddName, state: "off", autostart: false }],
    );
  });

  test("inspect-tells-disks-and-definition", async () => {
    const vm = await world().createVm("inspected");
    const details = value(await world().hypervisor.inspect(vm));
    assert.equal(details.disks.length, 1);
    assert.ok((details.disks[0]?.size ?? 0) > 0);
    assert.equal(details.definition, value(await world().hypervisor.definition(vm)));
  });

  test("define-undefine-and-define-again", async () => {
    const { hypervisor } = world();
    const vm = await world().createVm("again");
    const definition = value(await hypervisor.definition(vm));
    value(await hypervisor.undefine(vm));
    assert.equal(refusal(await hypervisor.look(vm)), "GEMEL-3005");
    value(await hypervisor.undefine(vm));
    assert.equal(value(await hypervisor.define(definition)).id, vm);
    assert.equal(await power(vm), "off");
  });

  test("define-refuses-what-is-no-definition", async () => {
    assert.equal(refusal(await world().hypervisor.define("<domain><name>x</name")), "GEMEL-3008");
    assert.deepEqual(value(await world().hypervisor.list()), []);
  });

  test("define-refuses-a-name-that-another-vm-has", async () => {
    const vm = await world().createVm("taken");
    const definition = value(await world().hypervisor.definition(vm));
    const other = definition.replaceAll(vm, nobody);
    assert.equal(refusal(await world().hypervisor.define(other)), "GEMEL-3008");
  });

  test("unknown-vm-refused", async () => {
    const { hypervisor } = world();
    assert.equal(refusal(await hypervisor.look(nobody)), "GEMEL-3005");
    assert.equal(refusal(await hypervisor.inspect(nobody)), "GEMEL-3005");
    assert.equal(refusal(await hypervisor.definition(nobody)), "GEMEL-3005");
    refusal(await hypervisor.startHeld(nobody));
  });

  test("autostart-on-and-off", async () => {
    const { hypervisor } = world();
    const vm = await world().createVm("autostarted");
    value(await hypervisor.setAutostart(vm, true));
    assert.equal(value(await hypervisor.look(vm)).autostart, true);
    value(await hypervisor.setAutostart(vm, false));
    assert.equal(value(await hypervisor.look(vm)).autostart, false);
  });
}

function startTests(world: () => World, running: Make, power: Power): void {
  test("held-vm-is-shown-as-paused", async () => {
    const { hypervisor } = world();
    const vm = await world().createVm("started");
    value(await hypervisor.startHeld(vm));
    assert.equal(await power(vm), "paused");
    value(await hypervisor.letRun(vm));
    assert.equal(await power(vm), "running");
  });

  test("paused-by-a-person-stays-paused", async () => {
    const { hypervisor } = world();
    const vm = await running("gate2");
    assert.equal(value(await hypervisor.goOnAfterDiskError(vm)), false, "it runs");
    const other = await world().createVm("gate3");
    value(await hypervisor.startHeld(other));
    assert.equal(value(await hypervisor.goOnAfterDiskError(other)), false);
    assert.equal(await power(other), "paused");
  });

  test("undefine-of-a-running-vm-refused", async () => {
    const vm = await running("kept");
    assert.equal(refusal(await world().hypervisor.undefine(vm)), "GEMEL-3009");
    assert.equal(await power(vm), "running");
  });
}

function runningTests(world: () => World, running: Make): void {
  test("disks-on-the-mount-are-proved", async () => {
    const { hypervisor, mountPoint } = world();
    const vm = await world().createVm("proved", mountPoint);
    value(await hypervisor.startHeld(vm));
    assert.deepEqual(value(await hypervisor.proveDisks(vm, mountPoint)), { protected: true, elsewhere: [] });
  });

  test("disk-elsewhere-is-named", async () => {
    const { hypervisor, mountPoint } = world();
    const vm = await world().createVm("elsewhere");
    value(await hypervisor.startHeld(vm));
    const proof = value(await hypervisor.proveDisks(vm, mountPoint));
    assert.equal(proof.protected, false);
    assert.equal(proof.elsewhere.length, 1);
    assert.notEqual(proof.elsewhere[0]?.why, "");
  });

  test("proof-without-a-mount-refused", async () => {
    const { hypervisor, mountPoint } = world();
    const vm = await running("unmounted", mountPoint);
    assert.equal(refusal(await hypervisor.proveDisks(vm, `${mountPoint}-not`)), "GEMEL-3004");
  });

  test("health-and-figures-of-a-running-vm", async () => {
    const { hypervisor } = world();
    const vm = await running("measured");
    assert.equal(value(await hypervisor.health(vm)).healthy, true);
    const figures = value(await hypervisor.figures());
    assert.deepEqual(
      figures.vms.map(({ id }) => id),
      [vm],
    );
    assert.ok(figures.host.memoryTotal > 0);
    const [measured] = figures.vms;
    assert.ok((measured?.memory ?? 0) > 0 && (measured?.diskCapacity ?? 0) > 0, JSON.stringify(measured));
    await until("the host's cores were busy for a while more", async () => {
      const { host, vms } = value(await hypervisor.figures());
      assert.ok((vms[0]?.cpuNanos ?? -1) >= (measured?.cpuNanos ?? 0), "a counter that went back");
      return host.cpuNanosBusy > figures.host.cpuNanosBusy ? true : undefined;
    });
  });
}

function stopTests(world: () => World, running: Make, power: Power): void {
  test("frozen-vm-holds-up-nobody-else", async () => {
    const { hypervisor } = world();
    const frozen = await running("frozen");
    await world().freeze(frozen, true);
    const asked = [hypervisor.health(frozen), hypervisor.health(frozen), hypervisor.health(frozen)];
    const other = await running("other");
    assert.equal(value(await hypervisor.health(other)).healthy, true);
    assert.equal(value(await hypervisor.list()).length, 2);
    value(await hypervisor.definition(frozen));
    value(await hypervisor.kill(frozen));
    for (const outcome of asked) await outcome;
    assert.equal(await power(other), "running");
  });

  test("save-and-come-back", async (context) => {
    const { hypervisor, mountPoint } = world();
    if (hypervisor.lacks.includes("save")) {
      context.skip("this hypervisor cannot save a VM's memory");
      return;
    }
    const vm = await running("saved", mountPoint);
    value(await hypervisor.stop(vm, "save", seconds(30)));
    await until("it is off", async () => (["off", "saved"].includes(await power(vm)) ? true : undefined));
    value(await hypervisor.startHeld(vm));
    value(await hypervisor.letRun(vm));
    assert.equal(await power(vm), "running");
  });
}

function guardTests(world: () => World, power: Power): void {
  test("guarded-vm-starts-only-by-order", async () => {
    const { hypervisor } = world();
    const vm = await world().createVm(oddName);
    const guard = value(await hypervisor.guard([{ id: vm, module: "odd" }]));
    assert.deepEqual(guard.called, true, guard.note);
    assert.equal(await world().startOutside(vm), false);
    value(await hypervisor.startHeld(vm));
    value(await hypervisor.stop(vm, "off", seconds(20)));
    assert.equal(await world().startOutside(vm), false, "an order is for one start");
    value(await hypervisor.guard([]));
    assert.equal(await world().startOutside(vm), true);
  });

  test("guard-leaves-other-vms-alone", async () => {
    const { hypervisor } = world();
    const [guarded, free] = [await world().createVm("guarded"), await world().createVm("free")];
    value(await hypervisor.guard([{ id: guarded, module: "guarded" }]));
    assert.equal(await world().startOutside(free), true);
    assert.equal(await power(guarded), "off");
    value(await hypervisor.guard([]));
  });
}

function eventTests(world: () => World, running: Make): void {
  const listening = (): { readonly seen: VmEvent[]; readonly stop: () => void } => {
    const seen: VmEvent[] = [];
    return { seen, stop: world().hypervisor.events((event) => seen.push(event)) };
  };
  const powerOf = (vm: VmId, wanted: VmPower) => (event: VmEvent) =>
    event.kind === "power" && event.id === vm && event.power === wanted;

  test("events-tell-power", async () => {
    const { seen, stop } = listening();
    try {
      const vm = await running("observed");
      await until("a running event", () => seen.find(powerOf(vm, "running")));
      await world().crash(vm);
      await until("an off event", () => seen.find((event) => powerOf(vm, "off")(event)));
    } finally {
      stop();
    }
  });

  test("events-tell-a-changed-definition", async () => {
    const { hypervisor } = world();
    const vm = await world().createVm("changed");
    const { seen, stop } = listening();
    try {
      await until("the definition's event", async () => {
        await world().describeOutside(vm, `changed ${performance.now()}`);
        await pause(200);
        return seen.find((event) => event.kind === "definition" && event.id === vm);
      });
      assert.match(value(await hypervisor.definition(vm)), /changed \d/);
    } finally {
      stop();
    }
  });
}
