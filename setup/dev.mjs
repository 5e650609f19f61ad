// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run dev`: the console in a browser, with a cluster that is played in the page. Needs npm's packages
 * and nothing else: no root, no daemon, no hypervisor, nothing compiled. Ends with Ctrl-C.
 */
import { join } from "node:path";
import { installDependencies, root } from "./build.mjs";

const say = (/** @type {string} */ sentence) => console.log(sentence);

await installDependencies({ quiet: true, say });
const { createServer } = await import("vite");
const server = await createServer({
  configFile: join(root, "ui", "vite.config.mjs"),
  mode: "mock",
  logLevel: "warn",
});
await server.listen();
const [address = "nowhere"] = server.resolvedUrls?.local ?? [];
say(`The console, with a mock cluster: ${address}
  log in as   anna (Admin, password anna-may-configure), carl (Control, carl-may-command)
              or mona (Monitor, mona-may-look); ${address}?as=anna is logged in at once
  scenarios   ?scenario=calm, host-loss, reintegration, first-copy, conflict, disk-full, paused,
              thirty-two, stale-stream, nobody-answers or empty; the menu at the edge has them, too
  time        ?speed=10 is ten times as fast
Ctrl-C ends it.`);
