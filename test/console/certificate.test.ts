// SPDX-License-Identifier: Apache-2.0
// A real browser at a real node's port: it must never be asked for a certificate of its own. What its user
// would see of that (a list to choose from) is no part of a page, so the browser's own log of its network is
// read.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { TestDoor } from "../core/access/door.js";
import { launch } from "./browser/chromium.js";

/** ERR_SSL_CLIENT_AUTH_CERT_NEEDED: the server wants one, the person is to choose. */
const certificateWanted = /"net_error":-110\b/;

test("chromium-is-not-asked-for-a-certificate", async (t) => {
  const alpha = new TestDoor();
  await alpha.found();
  t.after(() => alpha.close());
  const log = alpha.path("net.log");
  const browser = await launch(`--log-net-log=${log}`);
  try {
    const page = await browser.newPage({ ignoreHTTPSErrors: true });
    const answer = await page.goto(`https://${alpha.address}:7410/`);
    assert.equal(answer?.status(), existsSync("dist/console/index.html") ? 200 : 503);
  } finally {
    // The log is whole when the browser has ended.
    await browser.close();
  }
  const said = readFileSync(log, "utf8");
  assert.match(said, new RegExp(`${alpha.address}:7410`.replaceAll(".", "\\.")));
  assert.doesNotMatch(said, certificateWanted);
});
