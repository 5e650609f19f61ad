// SPDX-License-Identifier: Apache-2.0
// The API's frame: OpenAPI, refusals of wrong input, the live stream and its memory, records on disk.

import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { LiveEvent, Status } from "../../core/api/contract.js";
import { LiveStream } from "../../core/api/live.js";
import { History } from "../../core/edge/record/history.js";
import { LineReader } from "../../core/edge/network/lines.js";
import { crc32c } from "../../core/base/crc32c.js";
import { readDurable, writeDurable } from "../../core/edge/record/durable-file.js";
import { NodeRecordWriter, readNodeRecord } from "../../core/edge/record/node-record.js";
import { Pair } from "./pair/pair.js";

let pair: Pair;
const folder = mkdtempSync(join(tmpdir(), "gemel-api-"));
before(async () => {
  pair = await Pair.up({ joined: false });
});
after(async () => {
  await pair.close();
  rmSync(folder, { recursive: true, force: true });
});

async function call(method: string, path: string, body?: string): Promise<{ status: number; body: string }> {
  return await new Promise((done, failed) => {
    const socketPath = pair.path("alpha", "run/gemel.sock");
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const sent = request({ socketPath, method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (text += part));
      response.on("end", () => done({ status: response.statusCode ?? 0, body: text }));
    });
    sent.on("error", failed);
    sent.end(body);
  });
}

test("openapi-names-every-way", async () => {
  const { status, body } = await call("GET", "/api/v1/openapi.json");
  assert.equal(status, 200);
  const { paths } = JSON.parse(body) as { readonly paths: Readonly<Record<string, unknown>> };
  for (const path of [
    "/api/v1/status",
    "/api/v1/modules/{module}/commands",
    "/api/v1/protect",
    "/api/v1/figures",
    "/api/v1/series",
    "/api/v1/capacity",
    "/api/v1/placement",
    "/ready/{module}",
  ]) {
    assert.ok(path in paths, path);
  }
});

test("wrong-input-is-refused-with-a-code", async () => {
  const wrong: readonly (readonly [string, string, string | undefined])[] = [
    ["POST", "/api/v1/modules/cam1/commands", '{"verb":"explode"}'],
    ["POST", "/api/v1/modules/cam1/commands", '{"verb":"start","extra":1}'],
    ["POST", "/api/v1/modules/..%2Fetc/commands", '{"verb":"start"}'],
    ["POST", "/api/v1/cluster", "not json"],
    ["GET", "/api/v1/history?limit=0", undefined],
    ["GET", "/api/v1/series?module=cam1&range=1y", undefined],
    ["GET", "/nowhere", undefined],
  ];
  for (const [method, path, body] of wrong) {
    const answer = await call(method, path, body);
    assert.ok(answer.status >= 400 && answer.status < 500, `${path}: ${answer.status}`);
    assert.match(answer.body, /"code":"GEMEL-4008".*"next":/, path);
  }
});

test("a-refused-field-is-named", async () => {
  const wrong: readonly (readonly [string, string])[] = [
    ['{"verb":"explode"}', "verb"],
    ['{"verb":"start","extra":1}', "extra"],
    ['{"verb":"start","node":""}', "node"],
    ["{}", "verb"],
  ];
  for (const [body, field] of wrong) {
    const answer = await call("POST", "/api/v1/modules/cam1/commands", body);
    assert.equal((JSON.parse(answer.body) as { readonly where: string }).where, field, body);
  }
});

// fastify 5's own ajv reads null as 0 and as false, "false" as false, 1 as true.
test("a-body-means-what-it-says", async () => {
  const wrong: readonly (readonly [string, string, string, string])[] = [
    ["PATCH", "/api/v1/modules/cam1", '{"resyncCap":null}', "resyncCap"],
    ["PATCH", "/api/v1/modules/cam1", '{"failover":null}', "failover"],
    ["PATCH", "/api/v1/modules/cam1", '{"maxLoop":"7"}', "maxLoop"],
    ["POST", "/api/v1/modules/cam1/commands", '{"verb":"prim","force":"false"}', "force"],
    ["POST", "/api/v1/modules/cam1/commands", '{"verb":"prim","force":1}', "force"],
    ["POST", "/api/v1/modules/cam1/commands", '{"verb":"start","node":7}', "node"],
  ];
  for (const [method, path, body, field] of wrong) {
    const { status, body: answer } = await call(method, path, body);
    assert.equal(status, 400, body);
    assert.equal((JSON.parse(answer) as { readonly where: string }).where, field, body);
  }
  assert.equal((await call("GET", "/api/v1/history?limit=7")).status, 200);
});

test("live-stream-goes-on-where-it-stopped", () => {
  const stream = new LiveStream();
  const event = (n: number): LiveEvent => ({ kind: "status", status: { at: String(n) } as Status });
  for (let n = 1; n <= 5; n++) stream.publish(event(n));
  const seen: number[] = [];
  const present = (): LiveEvent => event(99);
  const stop = stream.subscribe(3, present, (id) => seen.push(id ?? 0));
  stream.publish(event(6));
  stop();
  stream.publish(event(7));
  assert.deepEqual(seen, [4, 5, 6]);
  const fresh: string[] = [];
  stream.subscribe(undefined, present, (_id, one) => fresh.push(one.kind === "status" ? one.status.at : ""));
  assert.deepEqual(fresh, ["99"]);
});

test("what-is-of-this-moment-alone-is-not-kept", () => {
  const stream = new LiveStream();
  assert.equal(stream.isWatched, false);
  const present = (): LiveEvent => ({ kind: "status", status: { at: "now" } as Status });
  const seen: string[] = [];
  const stop = stream.subscribe(undefined, present, (id, { kind }) => seen.push(`${kind} ${id ?? "-"}`));
  assert.equal(stream.isWatched, true);
  stream.pass({ kind: "figures", figures: [] });
  stream.publish(present());
  stop();
  assert.deepEqual(seen, ["status 0", "figures -", "status 1"]);
  assert.equal(stream.isWatched, false);
});

test("history-remembers-and-is-bounded-in-what-it-answers", () => {
  const heard: string[] = [];
  const history = new History(join(folder, "history.db"), ({ sentence }) => heard.push(sentence));
  const entry = {
    at: "now",
    node: "alpha",
    module: "cam1",
    rule: "R21",
    inputs: { quiet: 5 },
    outcome: "alone",
  };
  for (let n = 0; n < 5; n++)
    history.add({ ...entry, kind: n % 2 === 0 ? "decision" : "log", sentence: `s${n}` });
  assert.deepEqual(
    history.read({ limit: 2 }).map(({ sentence }) => sentence),
    ["s4", "s3"],
  );
  assert.deepEqual(
    history.read({ limit: 9, kind: "decision", module: "cam1" }).map(({ sentence }) => sentence),
    ["s4", "s2", "s0"],
  );
  assert.equal(history.read({ limit: 9, module: "bms1" }).length, 0);
  history.close();
  const again = new History(join(folder, "history.db"), () => undefined);
  assert.deepEqual(again.read({ limit: 1 })[0]?.inputs, { quiet: 5 });
  again.close();
});

test("durable-file-damaged-or-newer", () => {
  const file = join(folder, "node.json");
  assert.equal(readDurable(file, 1).kind, "absent");
  writeDurable(file, 1, { a: 1 });
  assert.deepEqual(readDurable(file, 1), { kind: "value", value: { a: 1 }, format: 1 });
  appendFileSync(file, " ");
  assert.equal(readDurable(file, 1).kind, "damaged");
  writeDurable(file, 2, {});
  const newer = readFileSync(file, "utf8");
  assert.deepEqual(readDurable(file, 1), { kind: "newer", format: 2 });
  assert.equal(readFileSync(file, "utf8"), newer);
  writeFileSync(file, "garbage");
  assert.equal(readDurable(file, 1).kind, "damaged");
});

test("crc32c-known-value", () => {
  assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
});

test("lines-in-pieces-too-long-and-no-json", () => {
  const seen: unknown[] = [];
  const reader = new LineReader(20, (value) => seen.push(value));
  assert.ok(reader.push(Buffer.from('{"a":1}\n{"b"')));
  assert.ok(reader.push(Buffer.from(":2}\n")));
  assert.deepEqual(seen, [{ a: 1 }, { b: 2 }]);
  assert.equal(reader.push(Buffer.from("x".repeat(21))), false);
  assert.equal(new LineReader(20, () => undefined).push(Buffer.from("nonsense\n")), false);
  assert.equal(new LineReader(20, () => undefined).push(Buffer.from("5\n")), false);
});

test("node-record-survives-a-torn-write", async () => {
  const file = join(folder, "record");
  const first = { node: "alpha", modules: { cam1: { wish: "run" } } };
  const writer = new NodeRecordWriter(file, readNodeRecord(file).sequence);
  await writer.write(first);
  await writer.write({ ...first, modules: { cam1: { wish: "stop" } } });
  assert.deepEqual(readNodeRecord(file).record?.modules, { cam1: { wish: "stop" } });
  const torn = readFileSync(`${file}.1`);
  writeFileSync(`${file}.1`, Buffer.concat([torn.subarray(0, 70), Buffer.alloc(torn.length - 70, "x")]));
  const found = readNodeRecord(file);
  assert.deepEqual([found.record, found.sequence, found.trouble], [first, 2, undefined]);
  writeFileSync(`${file}.0`, "garbage");
  assert.match(readNodeRecord(file).trouble ?? "", /no whole record/);
  writeFileSync(`${file}.0`, "gemel format=9 sequence=1 length=1 crc=00000000\n");
  assert.throws(() => readNodeRecord(file), /newer version/);
});
