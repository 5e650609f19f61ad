// SPDX-License-Identifier: Apache-2.0
// A module's settings to a form and back: only what was changed travels, and a refusal finds its field.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ModuleView } from "../../core/api/contract.js";
import { changeOf, fieldNames, fieldOf, formOf, lineOf } from "../../ui/pages/module/settings-form.js";

const view: ModuleView = {
  id: "cam1",
  xml: "",
  warnings: [],
  settings: {
    vm: { id: "u", name: "Camera server", folder: "/var/lib/gemel/vm/cam1" },
    nodes: ["alpha", "beta"],
    index: 0,
    defaultPrim: "alone",
    failover: true,
    boot: true,
    maxLoop: 3,
    loopIntervalHours: 24,
    resyncCap: 0,
    stop: "shutdown",
    niceStopSeconds: 300,
    forceStopSeconds: 20,
    powerOff: "stop",
    acknowledge: "written",
    pin: null,
    apart: null,
  },
};

void describe("settings-form", () => {
  void it("unchanged-sends-nothing", () => {
    assert.deepEqual(changeOf(formOf(view), formOf(view)), {});
  });

  void it("changed-fields-travel-as-the-api-wants-them", () => {
    const form = { ...formOf(view), failover: "off", maxLoop: "5", resyncCap: "100", pin: "beta", apart: "" };
    assert.deepEqual(changeOf(formOf(view), form), {
      failover: false,
      maxLoop: 5,
      resyncCap: 104_857_600,
      pin: "beta",
    });
  });

  void it("an-emptied-cap-is-none", () => {
    const capped = formOf({ ...view, settings: { ...view.settings, resyncCap: 104_857_600 } });
    assert.equal(capped.resyncCap, "100");
    assert.deepEqual(changeOf(capped, { ...capped, resyncCap: "" }), { resyncCap: 0 });
  });

  void it("nonsense-is-the-api-s-to-judge", () => {
    const form = { ...formOf(view), maxLoop: "three", resyncCap: "fast" };
    assert.deepEqual(changeOf(formOf(view), form), { maxLoop: "three", resyncCap: "fast" });
  });

  void it("a-refusal-finds-its-field", () => {
    const of = (where: string, message = ""): string | undefined => fieldOf({ where, message }, fieldNames);
    assert.equal(of("maxLoop"), "maxLoop");
    assert.equal(of("body/maxLoop"), "maxLoop");
    assert.equal(of("", "body/loopIntervalHours must be >= 1"), "loopIntervalHours");
    assert.equal(of("cam1", "The uuid belongs to another module."), undefined);
  });

  void it("a-message-names-its-line", () => {
    assert.equal(lineOf('line 12: <service>: failover must be one of "on", "off"'), 12);
    assert.equal(lineOf("Both copies have run alone."), undefined);
  });
});
