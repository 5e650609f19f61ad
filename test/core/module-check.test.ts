// SPDX-License-Identifier: Apache-2.0
// Settings that come from the field: each attribute is carried out, or named with its line.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { checkModule, parseModule } from "../../core/edge/config/module-file.js";

const cli = join(dirname(fileURLToPath(import.meta.url)), "../../core/cli/main.js");

/** Every element and attribute that users of the field have. */
const field = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE safe>
<safe>
  <macro name="VM_PATH" value="/data/camera"/>
  <service mode="mirror" defaultprim="alone" maxloop="3" loop_interval="24h" boot="auto" boot_delay="30">
    <heart pulse="700" timeout="30000">
      <heartbeat name="default" ident="flow"/>
    </heart>
    <vip>
      <interface_list>
        <interface check="on" arpreroute="on">
          <real_interface><virtual_addr addr="camera.example.org" where="one_side_alias"/></real_interface>
        </interface>
      </interface_list>
    </vip>
    <check>
      <errd polltimer="10"><proc name="qemu" atleast="1" action="restart" class="prim"/></errd>
      <tcp ident="vms" when="prim"><to addr="10.0.0.9" port="80" interval="10" timeout="5"/></tcp>
    </check>
    <failover><![CDATA[ tcp_failure: if (tcp.vms == down) then restart(); ]]></failover>
    <rfs async="second" acl="off" nbrei="3">
      <replicated dir="%VM_PATH%" mode="read_only">
        <notreplicated path="cache"/>
      </replicated>
      <replicated dir="/data/extra" mode="read_only"/>
    </rfs>
    <user nicestoptimeout="300s" forcestoptimeout="5m" logging="userlog" userlogsize="2048">
      <var name="VM" value="camera"/>
    </user>
  </service>
</safe>
`;
const attributes = /([a-z_]+)="/g;

test("field-file-attribute-by-attribute: carried out, or named with its line", () => {
  const notes = checkModule(field);
  assert.deepEqual(
    notes.filter(({ kind }) => kind === "refused"),
    [],
  );
  for (const [index, line] of field.split("\n").entries()) {
    if (index < 2) continue;
    for (const [, name = ""] of line.matchAll(attributes)) {
      const said = notes.filter((note) => note.line === index + 1 && note.what.includes(` ${name}="`));
      assert.ok(said.length > 0, `line ${index + 1}: ${name}`);
    }
  }
  const why = (what: string): string => notes.find((note) => note.what === what)?.why ?? "not said";
  assert.match(why('<heart timeout="30000">'), /5000 ms in cluster.xml.*6 times later/);
  assert.match(why('<rfs acl="off">'), /always replicated/);
  assert.match(why('<virtual_addr addr="camera.example.org">'), /a name, no address/);
  assert.match(why('<replicated dir="/data/extra">'), /its own folder alone/);
  assert.match(why("<failover>"), /rules/);
  assert.equal(why('<user forcestoptimeout="5m">'), "read as 300");
});

test("field-settings-are-carried-out: with the VM and the nodes that protect adds", () => {
  const own =
    '<vm id="x" name="n" folder="/data/camera"/><nodes><node name="alpha"/><node name="beta"/></nodes>';
  const identity = 'uuid="0b7f3c1e-8f0a-4c57-9f3e-5a2a1d6c7b88" index="0" mode="mirror"';
  const text = field.replace('mode="mirror"', identity).replace("<heart ", `${own}<heart `);
  const { config, warnings } = parseModule(text);
  assert.deepEqual(
    [config.loopInterval, config.boot, config.acknowledge, config.stop.nice, config.stop.force],
    [24 * 3_600_000, true, "received", 300_000, 300_000],
  );
  assert.ok(warnings.some((text) => /line 23: <notreplicated path="cache"> is not carried out/.test(text)));
  assert.ok(warnings.some((text) => /line 25: <replicated dir="\/data\/extra">/.test(text)));
});

test("check-says-all-of-it-at-once: each fault, not the first", () => {
  const wrong = field
    .replace('maxloop="3"', 'maxloop="many" defautlprim="alone"')
    .replace('async="second"', 'async="third"')
    .replace("300s", "soon")
    .replace("<vip>", "<vipp/><vip>");
  const refused = checkModule(wrong).filter(({ kind }) => kind === "refused");
  const said = refused.map(({ line, what, why }) => `${line} ${what} ${why}`).join("\n");
  for (const part of [
    /^5 .*defautlprim.*unknown/m,
    /^9 <vipp> unknown/m,
    /^21 .*async="third"/m,
    /^27 .*"soon"/m,
  ])
    assert.match(said, part);
  assert.deepEqual(
    checkModule("<!DOCTYPE safe [<!ENTITY a 'b'>]>\n<safe/>").map(({ kind, line }) => [kind, line]),
    [["refused", 1]],
  );
});

test("check-of-a-folder: every file in it, and the exit code says whether one would be refused", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "gemel-check-"));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "camera/conf"), { recursive: true });
  writeFileSync(join(folder, "camera/conf/userconfig.xml"), field);
  const good = execFileSync(process.execPath, [cli, "module", "check", folder], { encoding: "utf8" });
  assert.match(good, /camera\/conf\/userconfig\.xml\n {2}line 4: carried out: <macro name="VM_PATH">/);
  writeFileSync(join(folder, "wrong.xml"), "<safe><service mode='farm'/></safe>");
  const bad = spawnSync(process.execPath, [cli, "module", "check", folder], { encoding: "utf8" });
  assert.equal(bad.status, 1);
  assert.match(bad.stdout, /wrong\.xml\n {2}line 1: refused: .*mode="farm" must be one of: mirror/);
  assert.match(bad.stderr, /1 of 2 files would be refused/);
});
