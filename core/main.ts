// SPDX-License-Identifier: Apache-2.0
// The daemon's entry: the only file that knows everybody. SIGTERM and SIGINT mean "the daemon goes": guests
// and mirrors run on and are found again by the next one (P6). The orderly end of a host is a command: `gemel
// shutdown`.

import { pino } from "pino";
import { createKvm } from "../kvm/index.js";
import { defaultRoots, pathsUnder } from "./edge/config/paths.js";
import { Daemon } from "./edge/daemon.js";
import type { Hypervisor } from "./ports/hypervisor.js";
import { createProtection } from "./protect/index.js";

const log = pino({ name: "gemel", base: null, timestamp: pino.stdTimeFunctions.isoTime }, process.stderr);

const roots = {
  etc: process.env["GEMEL_ETC"] ?? defaultRoots.etc,
  state: process.env["GEMEL_STATE"] ?? defaultRoots.state,
  run: process.env["GEMEL_RUN"] ?? defaultRoots.run,
};

/** Tests put a fake in libvirt's place: a module that exports `createHypervisor(node)`. */
const testHypervisor = process.env["GEMEL_TEST_HYPERVISOR"];
const fake =
  testHypervisor === undefined
    ? undefined
    : ((await import(testHypervisor)) as { readonly createHypervisor: (node: string) => Hypervisor });

const daemon = new Daemon({
  paths: pathsUnder(roots),
  hypervisor: (node) => fake?.createHypervisor(node) ?? createKvm({ node, etc: roots.etc, run: roots.run }),
  protection: createProtection,
  log: (message, more = {}) => log.info(more, message),
  failed: (error) => {
    log.fatal(error);
    process.exit(1);
  },
});

const endLimitMs = 5_000;
let leaving = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    if (leaving) return;
    leaving = true;
    log.info(`${signal}: the daemon ends; guests and mirrors run on.`);
    // Whatever hangs at the end must not keep the next daemon from starting.
    setTimeout(() => process.exit(1), endLimitMs).unref();
    void daemon.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error(error);
        process.exit(1);
      },
    );
  });
}
// A promise nobody waited for is a bug of ours; ending is safer than going on half.
process.on("unhandledRejection", (error) => {
  log.fatal(error);
  process.exit(1);
});

await daemon.start();
log.info({ socket: daemon.paths.socket }, "gemel is up");
