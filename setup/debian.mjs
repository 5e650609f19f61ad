// SPDX-License-Identifier: Apache-2.0
/**
 * Debian packages: what is missing, installing it without starting anything, and taking it away again.
 *
 * Why policy-rc.d: installing libvirt or GlusterFS would start their services at once, on a machine whose
 * owner only asked for a demo. Debian asks /usr/sbin/policy-rc.d before it starts a service; we put one there
 * that says no, and take it away afterwards. One that was there before stays untouched (it is the owner's).
 * If we are killed in between, the next run recognises ours by its mark and removes it.
 *
 * What we installed, dependencies included, is written down before and after (recordPath), so that --remove
 * takes away exactly that and nothing which was there before.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { output, Refusal, run } from "./command.mjs";

const policyPath = "/usr/sbin/policy-rc.d";
const policyMark = "# placed by Gemel's set-up for the time of one installation";
const policyText = `#!/bin/sh\n${policyMark}\nexit 101\n`;
/** The machine's own nightly updates may hold apt's lock for a while. */
const patience = ["-o", "DPkg::Lock::Timeout=300"];
const recordPath = "/var/lib/gemel-setup/installed.json";

/** @typedef {import("./packages.mjs").SystemPackage} SystemPackage */

export const hasApt = () => output(["apt-get", "--version"]) !== undefined;

/** @returns {Set<string>} names of all installed packages, without their architecture */
export function installedPackages() {
  const listing = output(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\\n"]) ?? "";
  const lines = listing.split("\n").filter((line) => line.startsWith("installed "));
  return new Set(lines.map((line) => line.slice("installed ".length)));
}

/** @param {readonly SystemPackage[]} wanted */
export function missingPackages(wanted) {
  const installed = installedPackages();
  return wanted.filter(({ name }) => !installed.has(name));
}

/** @param {readonly SystemPackage[]} missing @param {{ quiet: boolean }} options */
export async function install(missing, { quiet }) {
  const before = installedPackages();
  await withoutStartingServices(async () => {
    if (missing.some(({ name }) => !hasCandidate(name))) await update(quiet);
    const names = knownToApt(missing);
    if (names.length === 0) return;
    try {
      await aptInstall(names, quiet);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // The usual cause is a list that is older than the archive: look again, once.
      await update(quiet);
      await aptInstall(names, quiet);
    } finally {
      const added = [...installedPackages()].filter((name) => !before.has(name));
      writeRecord([...new Set([...readRecord(), ...added])].sort());
    }
  });
}

/**
 * Ubuntu has no package of Chromium: what only tests need is told and left out, the rest is indispensable.
 * @param {readonly SystemPackage[]} missing
 */
function knownToApt(missing) {
  const unknown = missing.filter(({ name }) => !hasCandidate(name));
  const listed = (/** @type {readonly SystemPackage[]} */ some) => some.map(({ name }) => name).join(", ");
  const needed = unknown.filter(({ neededBy }) => neededBy === "build" || neededBy === "run");
  if (needed.length > 0) {
    throw new Refusal(
      `apt does not know ${listed(needed)}: Debian 12 or newer, or a recent Ubuntu, is needed.`,
    );
  }
  if (unknown.length > 0)
    console.log(`apt does not know ${listed(unknown)}: what needs it can't be tested here.`);
  return missing.flatMap(({ name }) => (hasCandidate(name) ? [name] : []));
}

/**
 * Removes what `install` added, except what other packages have come to need. @param {{ quiet: boolean }}
 * options
 */
export async function removeInstalled({ quiet }) {
  const installed = installedPackages();
  const recorded = readRecord().filter((name) => installed.has(name));
  const removable = withoutForeignVictims(recorded);
  const kept = recorded.filter((name) => !removable.includes(name));
  if (kept.length > 0) console.log(`Kept, because other packages need them by now: ${kept.join(", ")}.`);
  if (removable.length > 0) {
    console.log(`Removing the Debian packages that this set-up installed: ${removable.join(" ")}`);
    const argv = ["apt-get", "remove", "-y", "-q", ...removable];
    await withoutStartingServices(() =>
      run(argv, { quiet, env: aptEnvironment(), doing: "Removing packages" }),
    );
    console.log("Their configuration files stay; `apt-get purge` with the same names removes those too.");
  }
  rmSync(dirname(recordPath), { recursive: true, force: true });
}

export const recordedPackages = () => readRecord();

/** @param {() => Promise<void>} action */
async function withoutStartingServices(action) {
  const theirs = existsSync(policyPath) && !readFileSync(policyPath, "utf8").includes(policyMark);
  if (!theirs) writeFileSync(policyPath, policyText, { mode: 0o755 });
  try {
    await action();
  } finally {
    if (!theirs) rmSync(policyPath, { force: true });
  }
}

/** @param {string[]} names */
function withoutForeignVictims(names) {
  const own = new Set(names);
  const foreign = (/** @type {string[]} */ asked) => victimsOf(asked).some((name) => !own.has(name));
  if (names.length === 0 || !foreign(names)) return names;
  return names.filter((name) => !foreign([name]));
}

/** What apt would take away if it were asked to remove these. @param {string[]} names */
function victimsOf(names) {
  const plan = output(["apt-get", "-s", "-q", "remove", ...names]) ?? "";
  return [...plan.matchAll(/^Remv (\S+)/gm)].map(([, name = ""]) => name.split(":")[0] ?? "");
}

/** @param {string} name */
function hasCandidate(name) {
  return /^ {2}Candidate: (?!\(none\))/m.test(output(["apt-cache", "policy", name]) ?? "");
}

/** @param {boolean} quiet */
const update = (quiet) =>
  run(["apt-get", "update", "-q"], { quiet, env: aptEnvironment(), doing: "Reading the package lists" });

/** @param {string[]} names @param {boolean} quiet */
const aptInstall = (names, quiet) =>
  run(["apt-get", "install", ...patience, "-y", "-q", "--no-install-recommends", ...names], {
    quiet,
    env: aptEnvironment(),
    doing: "Installing packages",
  });

const aptEnvironment = () => ({ ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" });

/** @returns {string[]} */
function readRecord() {
  return existsSync(recordPath) ? JSON.parse(readFileSync(recordPath, "utf8")).packages : [];
}

/** @param {string[]} packages */
function writeRecord(packages) {
  if (packages.length === 0) return;
  mkdirSync(dirname(recordPath), { recursive: true });
  writeFileSync(`${recordPath}.new`, `${JSON.stringify({ format: 1, packages }, null, 2)}\n`);
  renameSync(`${recordPath}.new`, recordPath);
}
