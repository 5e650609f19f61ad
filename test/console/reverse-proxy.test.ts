// SPDX-License-Identifier: Apache-2.0
// The console below a path of somebody else's web server: a real nginx with the block that
// docs/operating/console.md shows, a real node behind it, a real browser before it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { password, TestDoor } from "../core/access/door.js";
import { launch } from "./browser/chromium.js";
import { watchFaults } from "./browser/faults.js";

const program = "/usr/sbin/nginx";
const pageFile = "dist/console/index.html";
const lacking = [program, pageFile].find((file) => !existsSync(file));
const skip = lacking === undefined ? false : `${lacking} is not there: npm run setup brings it`;

/** The block of the page for operators, for this address. */
function block(address: string): string {
  const page = readFileSync("docs/operating/console.md", "utf8");
  const [, shown] = /```nginx\n([^]*?)```/.exec(page) ?? [];
  assert.ok(shown !== undefined, "the page shows a block for nginx");
  return shown.replaceAll("10.0.0.1", address);
}

async function nginx(t: TestContext, alpha: TestDoor, port: number): Promise<void> {
  const tls = (name: string): string => alpha.path("etc/tls", name);
  const conf = alpha.path("nginx.conf");
  const shown = block(alpha.address).replace("/etc/nginx/gemel-ca.pem", tls("ca.pem"));
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  writeFileSync(
    conf,
    `daemon off; user root; pid ${alpha.path("nginx.pid")}; error_log stderr;
events {}
http {
  access_log off;
  ${temp.map((name) => `${name}_temp_path ${alpha.path(`nginx-${name}`)};`).join("\n  ")}
  server {
    listen ${alpha.address}:${port} ssl;
    ssl_certificate ${tls("node.pem")};
    ssl_certificate_key ${tls("node.key")};
    ${shown}
  }
}
`,
  );
  const child = spawn(program, ["-c", conf, "-e", "stderr"], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (data: Buffer) => (said += data.toString()));
  t.after(async () => {
    if (said !== "") t.diagnostic(said);
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
  });
  for (let tries = 0; !existsSync(alpha.path("nginx.pid")); tries++) {
    assert.ok(tries < 200 && child.exitCode === null, `nginx does not start: ${said}`);
    await pause(50);
  }
}

test("console-below-a-path-of-nginx", { skip }, async (t) => {
  const alpha = new TestDoor("alpha", "https://intranet.example/gemel-a/");
  await alpha.found();
  t.after(() => alpha.close());
  await nginx(t, alpha, 8443);
  const browser = await launch();
  t.after(() => browser.close());
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "en-GB" });
  const page = await context.newPage();
  const origin = `https://${alpha.address}:8443`;
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const faults = watchFaults(page, [origin], [/401 \(Unauthorized\)/]);

  await page.goto(`${origin}/gemel-a/`);
  await page.getByRole("textbox", { name: "User" }).fill("admin");
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("link", { name: "Events" }).click();
  await page.waitForURL(`${origin}/gemel-a/events`);
  // A page two steps deep, asked for as a whole: everything that it names is found from there.
  await page.goto(`${origin}/gemel-a/modules/none`);
  await page.getByRole("link", { name: "Overview" }).waitFor();
  // Live: what happens on the node reaches the page through the proxy without waiting for more.
  const stream = page.waitForRequest((request) => request.url().endsWith("/gemel-a/api/v1/events"));
  await page.goto(`${origin}/gemel-a/events`);
  await stream;
  await page.getByRole("heading", { name: "Events" }).waitFor();
  alpha.daemon.log("The porter has looked in.", "noticed");
  await page.getByText("The porter has looked in.").first().waitFor();

  const [cookie, ...others] = await context.cookies();
  assert.deepEqual([cookie?.name, cookie?.path, others], ["gemel-alpha", "/gemel-a/", []]);
  assert.deepEqual(
    asked.filter((path) => !path.startsWith("/gemel-a/")),
    [],
  );
  assert.deepEqual(faults, []);
});
