// SPDX-License-Identifier: Apache-2.0
/**
 * What this machine must offer before anything is installed or built, each lack as a sentence with its way
 * out.
 *
 * Node's version stops everything. Root, /dev/fuse and io_uring are needed only by what mounts or starts
 * guests (the lab, the demo, the benchmark), so a developer without root can still build, check and run the
 * quick tests.
 */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";

const nodeMajorMin = 20;
/** Debian 12's own kernel; older ones lack what the mirror process needs of io_uring. */
const kernelMin = [6, 1];

/** @returns {string[]} sentences; empty when all is well */
export function lacksForBuilding() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= nodeMajorMin) return [];
  return [
    `Node.js ${process.versions.node} is too old: install ${nodeMajorMin} or newer and run this again.`,
  ];
}

/** @returns {string[]} */
export function lacksForLab() {
  const lacks = [];
  if (process.platform !== "linux") return ["The lab needs Linux: its hosts are made of Linux namespaces."];
  if (process.getuid?.() !== 0) {
    lacks.push("This needs root (for namespaces, mounts, networks): run the same command with sudo.");
  }
  if (!usable("/dev/fuse")) {
    lacks.push(
      "There is no usable /dev/fuse: run `modprobe fuse`; " +
        "start a container with --privileged and --device /dev/fuse.",
    );
  }
  if (!kernelIsRecent()) {
    lacks.push(
      `The kernel is older than ${kernelMin.join(".")}: Gemel needs io_uring as that kernel has it.`,
    );
  }
  const disabled = readOrEmpty("/proc/sys/kernel/io_uring_disabled").trim();
  if (disabled === "2") {
    lacks.push("io_uring is switched off here, for root too: run `sysctl kernel.io_uring_disabled=0`.");
  }
  return lacks;
}

/** @param {string} path */
function usable(path) {
  if (!existsSync(path)) return false;
  if (process.getuid?.() !== 0) return true;
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function kernelIsRecent() {
  const [major = 0, minor = 0] = readOrEmpty("/proc/sys/kernel/osrelease").split(/[.-]/).map(Number);
  return major > kernelMin[0] || (major === kernelMin[0] && minor >= kernelMin[1]);
}

/** @param {string} path */
function readOrEmpty(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
