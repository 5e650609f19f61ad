// SPDX-License-Identifier: Apache-2.0
// Configuration files: what is written is read again, and whatever is wrong is refused with its line and its
// reason.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, milliseconds, nodeName, seconds } from "../../core/base/units.js";
import {
  consoleAddress,
  freezeDeadline,
  parseCluster,
  silenceTimeout,
  writeCluster,
  type ClusterConfig,
} from "../../core/edge/config/cluster-file.js";
import { parseModule, writeModule, type ModuleSettings } from "../../core/edge/config/module-file.js";
import { ConfigFault } from "../../core/edge/config/xml.js";

const uuid = "0b7f3c1e-8f0a-4c57-9f3e-5a2a1d6c7b88";

const cluster: ClusterConfig = {
  name: "site",
  uuid,
  networks: [
    { name: "data", cidr: "10.77.1.0/24", pulse: milliseconds(500), timeout: seconds(5), data: "on" },
    { name: "heart", cidr: "10.77.2.0/24", pulse: milliseconds(1000), timeout: seconds(8), data: "off" },
  ],
  nodes: [
    { name: nodeName("alpha"), addresses: new Map([["data", "10.77.1.1"]]) },
    { name: nodeName("beta"), addresses: new Map([["heart", "10.77.2.2"]]) },
  ],
  ports: { api: 7410, heartbeat: 7411, data: 7420 },
  listen: "all",
};

const settings: ModuleSettings = {
  uuid,
  revision: 3,
  index: 4,
  nodes: [nodeName("alpha"), nodeName("beta")],
  vm: { id: uuid, name: 'Kamera "Süd" <1> & 한국', folder: "/var/lib/gemel/vm/cam1" },
  defaultPrim: { kind: "node", node: nodeName("alpha") },
  failover: false,
  boot: true,
  maxLoop: 3,
  loopInterval: seconds(3600 * 24),
  acknowledge: "received",
  resyncCap: bytes(1000),
  powerOff: "restart",
  stop: { how: "save", nice: seconds(20), force: seconds(30) },
  placement: { pin: nodeName("beta"), apart: "recorders" },
  excluded: [{ target: "vdb", how: "empty" }],
};

const module_ = (inner: string, service = ""): string => `<safe>
 <service mode="mirror" uuid="${uuid}" index="0" ${service}>
  <vm id="x" name="n" folder="/data/x"/>
  <nodes><node name="alpha"/><node name="beta"/></nodes>
  ${inner}
 </service>
</safe>`;

function faultOf(parse: () => unknown): ConfigFault {
  try {
    parse();
  } catch (error) {
    if (error instanceof ConfigFault) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

test("cluster-file-round-trip", () => {
  assert.deepEqual(parseCluster(writeCluster(cluster)), cluster);
});

test("module-file-round-trip", () => {
  assert.deepEqual(parseModule(writeModule(settings)), { config: settings, warnings: [] });
});

test("wishes-of-placement-are-optional", () => {
  const wish = (inner: string): unknown => parseModule(module_(inner)).config.placement;
  assert.deepEqual(wish(""), { pin: null, apart: null });
  assert.deepEqual(wish('<placement pin="beta"/>'), { pin: "beta", apart: null });
  assert.deepEqual(wish('<placement apart="recorders"/>'), { pin: null, apart: "recorders" });
  const none = { ...settings, placement: { pin: null, apart: null } };
  assert.doesNotMatch(writeModule(none), /placement/);
});

test("silence-counts-the-slowest-network", () => {
  assert.equal(silenceTimeout(cluster), 8000);
  assert.equal(freezeDeadline(cluster), 10_000);
});

test("elements-of-the-field-are-accepted-and-named", () => {
  const field = `<heart pulse="700" timeout="30000"><heartbeat name="default" ident="flow"/></heart>
  <vip><interface_list/></vip>
  <errd polltimer="10"><proc name="x" atleast="1" action="restart" class="prim"/></errd>
  <rfs async="second" acl="off" nbrei="3"><replicated dir="/data/x" mode="read_only"/></rfs>
  <user nicestoptimeout="300" forcestoptimeout="300" logging="userlog"/>`;
  const { config, warnings } = parseModule(
    module_(field, 'defaultprim="alone" maxloop="3" loop_interval="24" failover="on"'),
  );
  assert.equal(config.acknowledge, "received");
  assert.deepEqual(
    warnings.map((text) => text.replace(/ is not.*/, "")),
    [
      'line 5: <heart pulse="700">',
      'line 5: <heart timeout="30000">',
      'line 5: <heartbeat name="default">',
      'line 5: <heartbeat ident="flow">',
      "line 6: <vip>",
      "line 6: <interface_list>",
      'line 7: <errd polltimer="10">',
      'line 7: <proc name="x">',
      'line 7: <proc atleast="1">',
      'line 7: <proc action="restart">',
      'line 7: <proc class="prim">',
      'line 8: <rfs acl="off">',
      'line 8: <rfs nbrei="3">',
      'line 9: <user logging="userlog">',
    ],
  );
});

test("wrong-files-are-refused-with-line-and-reason", () => {
  const cases: readonly (readonly [string, number, RegExp])[] = [
    [module_("<unknown/>"), 5, /unknown element <unknown>/],
    [module_("", 'defautlprim="alone"'), 2, /unknown attribute defautlprim/],
    [module_("", 'maxloop="many"'), 2, /whole number/],
    [module_("", 'defaultprim="gamma"'), 2, /not one of the module's nodes/],
    [module_('<rfs><replicated dir="/other"/></rfs>'), 5, /replicates its folder/],
    [module_("").replace("/data/x", "/data/../x"), 3, /without \. and \.\./],
    [module_('<placement pin="gamma"/>'), 5, /pin="gamma" is not one of the module's nodes \(alpha, beta\)/],
    [module_('<placement apart="Two Words"/>'), 5, /not a group's name/],
    [module_('<placement apart=""/>'), 5, /apart is missing/],
    [module_('<placement host="alpha"/>'), 5, /unknown attribute host/],
    [module_("<placement/><placement/>"), 5, /only one/],
    [module_("<user>"), 6, /closing tag/],
    ["<safe format='2'/>", 1, /newer Gemel/],
    ["<!DOCTYPE x [<!ENTITY a 'b'>]><safe/>", 1, /DOCTYPE/],
    ["no xml", 1, /./],
  ];
  for (const [text, line, reason] of cases) {
    const fault = faultOf(() => parseModule(text));
    assert.match(fault.reason, reason, text);
    assert.equal(fault.line, line, `${fault.reason}\n${text}`);
  }
});

test("cluster-file-refuses", () => {
  const text = writeCluster(cluster);
  assert.match(faultOf(() => parseCluster(text.replace('format="1"', 'format="2"'))).reason, /newer/);
  assert.match(faultOf(() => parseCluster(text.replace('name="beta"', 'name="alpha"'))).reason, /twice/);
  assert.match(
    faultOf(() => parseCluster(text.replace('pulse="500"', 'pulse="4000"'))).reason,
    /three pulses/,
  );
  assert.match(
    faultOf(() => parseCluster(text.replace('network="heart" ip="10.77.2.2"', 'network="lan" ip="1.2.3.4"')))
      .reason,
    /no network lan/,
  );
});

test("console-address-may-have-a-path", () => {
  const right: readonly (readonly [string, string])[] = [
    ["https://gemel-a.example", "https://gemel-a.example"],
    ["https://gemel-a.example:7410/", "https://gemel-a.example:7410"],
    ["https://host/gemel/", "https://host/gemel"],
    ["https://host:8443/it/gemel-a", "https://host:8443/it/gemel-a"],
  ];
  for (const [given, kept] of right) assert.equal(consoleAddress(given), kept);
  const wrong = [
    "http://host/",
    "https://host//",
    "https://host/a b",
    "https://host/../x",
    "https://host/?q",
    "https://u@host",
  ];
  for (const given of wrong) assert.equal(consoleAddress(given), undefined, given);
});
