// SPDX-License-Identifier: Apache-2.0
// The daemon's entry: the only file that knows everybody. SIGTERM and SIGINT mean "the daemon goes": guests
// and mirrors run on and are found again by the next one (P6). The orderly end of a host is a command: `gemel
// shutdown`.

import { pino } from "pino";
import { noFence, withoutLease } from "./edge/arbitration/none.js";
import { defaultRoots, pathsUnder } from "./edge/config/paths.js";
import { Daemon } from "./edge/daemon.js";
import { noHypervisor } from "./edge/workload/no-hypervisor.js";
import { chosenAdapter, type HypervisorAdapter } from "./ports/adapter.js";
import type { Hypervisor } from "./ports/hypervisor.js";
import { createProtection } from "./protect/index.js";
import { daemonEndLimitMs } from "./base/limits/edge.js";
import { kvmAdapter } from "../kvm/adapter.js";

// A log on a full disk, or a journal that is gone, ends nobody: what could not be written is lost, that is
// all.
process.stderr.on("error", () => undefined);
const log = pino({ name: "gemel", base: null, timestamp: pino.stdTimeFunctions.isoTime }, process.stderr);

const roots = {
  etc: process.env["GEMEL_ETC"] ?? defaultRoots.etc,
  state: process.env["GEMEL_STATE"] ?? defaultRoots.state,
  run: process.env["GEMEL_RUN"] ?? defaultRoots.run,
};

/** Every hypervisor that Gemel knows; a host's own is chosen by what is there. */
const adapters: readonly HypervisorAdapter[] = [kvmAdapter];

async function hypervisorOfHost(): Promise<(node: string) => Hypervisor> {
  // Tests put a fake in libvirt's place: a module that exports `createHypervisor(node)`.
  const fake = process.env["GEMEL_TEST_HYPERVISOR"];
  if (fake !== undefined) {
    return ((await import(fake)) as { readonly createHypervisor: (node: string) => Hypervisor })
      .createHypervisor;
  }
  const adapter = chosenAdapter(adapters);
  if (adapter?.presence() !== "here") log.warn("There is no hypervisor here: no VM starts before it is.");
  if (adapter === undefined) return (node) => noHypervisor(node, process.platform);
  const create = await adapter.open();
  return (node) => create({ node, etc: roots.etc, run: roots.run });
}

const daemon = new Daemon({
  paths: pathsUnder(roots),
  hypervisor: await hypervisorOfHost(),
  arbiters: withoutLease,
  fence: noFence,
  protection: createProtection,
  log: (message, more = {}) => log.info(more, message),
  failed: (error) => {
    log.fatal(error);
    process.exit(1);
  },
});

let leaving = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    if (leaving) return;
    leaving = true;
    log.info(`${signal}: the daemon ends; guests and mirrors run on.`);
    // Whatever hangs at the end must not keep the next daemon from starting.
    setTimeout(() => process.exit(1), daemonEndLimitMs).unref();
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
