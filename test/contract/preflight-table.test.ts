// SPDX-License-Identifier: Apache-2.0
// Preflight's table of what a definition can hold, against the schema of the libvirt that is installed: what
// the schema has and no row knows is named here before an administrator meets it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { overdue } from "../../kvm/errors.js";
import { definitionFindings } from "../../kvm/preflight/definition.js";
import { quoted } from "../../kvm/preflight/finding.js";
import { isKnown, readByTable } from "../../kvm/preflight/table/rows.js";
import { readDefinition, type VmFacts } from "../../kvm/translate.js";
import { readSchema } from "./libvirt-schema.js";

const factsOf = (devices: string, top = ""): VmFacts =>
  readDefinition(`<domain type="kvm" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
    <name>x</name><uuid>0c1d1f64-1111-4222-8333-444455556666</uuid><memory unit="KiB">1024</memory>
    <metadata><anything:at all="is" xmlns:anything="x"/></metadata>
    <os><type arch="x86_64" machine="pc">hvm</type></os>${top}<devices>${devices}</devices></domain>`) ??
  assert.fail("no definition");

const said = (facts: VmFacts, leftOut: readonly string[] = []): readonly string[] =>
  definitionFindings(facts, leftOut).map(({ severity, message }) => `${severity}: ${message}`);

test("every element and value of libvirt's schema has its row", () => {
  const places = readSchema("domain.rng");
  assert.ok(places.length > 2000, `the schema was read: ${places.length}`);
  const missing = places
    // Other drivers' own namespaces never reach libvirt's QEMU.
    .filter(({ path }) => !/^(xen|bhyve|vmware):/.test(path))
    .filter(({ path, attribute, value }) => !isKnown(path, attribute, value === "" ? undefined : value))
    .map(({ path, attribute, value }) => `${path} ${attribute ?? ""}=${value ?? "(element)"}`);
  assert.deepEqual([...new Set(missing)], []);
});

test("an element that no row knows is a finding: below devices it blocks", () => {
  assert.deepEqual(said(factsOf("")), []);
  const [device] = said(factsOf('<pstore backend="acpi-erst"><path>/var/lib/x</path></pstore>'));
  assert.match(device ?? "", /^blocks: .*<pstore> in devices\/pstore/);
  const [value] = said(factsOf('<disk type="fileset" device="disk"><target dev="vda"/></disk>'));
  assert.match(value ?? "", /^blocks: .*type='fileset' of devices\/disk/);
  const [attribute] = said(factsOf("", '<clock offset="utc" drift="none"/>'));
  assert.match(attribute ?? "", /^warns: .*drift='none' of clock/);
});

test("a disk that is left out may say what it likes", () => {
  const disk = '<disk type="fileset" device="disk"><target dev="vdb"/></disk>';
  assert.equal(said(factsOf(disk)).length, 1);
  assert.deepEqual(said(factsOf(disk), ["vdb"]), []);
});

test("a chain of any length is read to its end", () => {
  const level = (inner: string) =>
    `<backingStore type="file"><format type="qcow2"/><source file="/x"/>${inner}</backingStore>`;
  const disk = (last: string): string =>
    `<disk type="file" device="disk"><source file="/a"/>${level(level(level(last)))}
     <target dev="vda"/></disk>`;
  assert.deepEqual(said(factsOf(disk("<backingStore/>"))), []);
  assert.match(said(factsOf(disk('<backingStore odd="1"/>')))[0] ?? "", /odd='1'/);
});

test("words for QEMU's own command line: what opens something blocks, the rest is named", () => {
  const line = (...words: readonly string[]) =>
    said(
      factsOf(
        "",
        `<qemu:commandline>${words.map((word) => `<qemu:arg value="${word}"/>`).join("")}</qemu:commandline>`,
      ),
    );
  assert.match(line("-drive", "file=disk2.raw,if=virtio")[0] ?? "", /^blocks: .*\(-drive\)/);
  assert.match(line("-object", "memory-backend-file,id=m,mem-path=/srv/m")[0] ?? "", /^blocks/);
  assert.match(line("--blockdev", "driver=nbd,host=x")[0] ?? "", /^blocks/);
  assert.match(line("-cpu", "host,+x")[0] ?? "", /^warns: .*-cpu host,\+x/);
});

test("what names a thing of the host is told by its kind", () => {
  const devices = '<graphics type="vnc"><listen type="address" address="10.9.8.7"/></graphics>';
  const top = '<vcpu cpuset="0-3">2</vcpu><os><kernel>/boot/guest</kernel></os>';
  const { things } = readByTable(factsOf(devices, top).root);
  assert.deepEqual(
    things.map(({ kind, value }) => [kind, value]),
    [
      ["cpus", "0-3"],
      ["file", "/boot/guest"],
      ["address", "10.9.8.7"],
    ],
  );
});

test("what people are told: a word for a shell is one word, and a number can be read", () => {
  assert.equal(quoted("/var/lib/a.raw"), "/var/lib/a.raw");
  assert.equal(quoted("Camera 'south'"), ["'Camera ", "south", "'"].join("'\\''"));
  assert.match(overdue("libvirt's list", 3935.144322999986).message, /within 3\.9 s;/);
  assert.match(overdue("libvirt's list", 5000).message, /within 5 s;/);
  assert.match(overdue("libvirt's list", 1).message, /within 0\.1 s;/);
});
