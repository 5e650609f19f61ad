// SPDX-License-Identifier: Apache-2.0
/**
 * Makes a fresh clone ready: system packages, npm packages, native build, TypeScript, console. Every npm
 * script begins here.
 *
 * Plain JavaScript, because it runs before any dependency exists. Idempotent: with nothing to do it ends in
 * well under three seconds and, with --quiet, says nothing. Two at a time wait for each other (flock).
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildConsole, buildNative, buildTypeScript, installDependencies, root } from "./build.mjs";
import { Interrupted, Refusal, run } from "./command.mjs";
import { hasApt, install, missingPackages, recordedPackages, removeInstalled } from "./debian.mjs";
import { lacksForBuilding, lacksForLab } from "./machine.mjs";
import { systemPackages } from "./packages.mjs";

const usage = `npm run setup -- [--quiet] [--no-system] [--build-only] [--for lab] [--list] [--remove]
  --quiet       say only what is being done, nothing when there is nothing to do
  --no-system   leave the system's packages alone
  --build-only  only compile (native parts, TypeScript, console)
  --for lab     also insist on root, /dev/fuse and io_uring
  --list        print the system packages, why each is needed and whether it is there; change nothing
  --remove      undo: remove what was built here and the system packages that this script installed`;

const flags = readFlags(process.argv.slice(2));
const release = await lockFolder();
try {
  if (flags.help) console.log(usage);
  else if (flags.list) list();
  else await (flags.remove ? remove() : setUp());
} catch (error) {
  if (!(error instanceof Refusal || error instanceof Interrupted)) throw error;
  console.error(error.message);
  process.exitCode = error instanceof Interrupted ? 130 : 1;
} finally {
  release();
}

async function setUp() {
  const lacks = [...lacksForBuilding(), ...(flags.forLab ? lacksForLab() : [])];
  if (lacks.length > 0) throw new Refusal(lacks.join("\n"));
  const talk = { quiet: flags.quiet, say: (/** @type {string} */ sentence) => console.log(sentence) };
  if (!flags.noSystem && !flags.buildOnly) await installSystemPackages();
  if (!flags.buildOnly) await installDependencies(talk);
  await buildNative(talk);
  await buildTypeScript(talk);
  await buildConsole(talk);
  if (!flags.quiet) sayReady();
}

async function installSystemPackages() {
  const missing = missingPackages(systemPackages);
  if (missing.length === 0) return;
  console.log("These system packages are missing:");
  for (const { name, why, neededBy } of missing)
    console.log(`  ${name.padEnd(24)} ${neededBy.padEnd(6)} ${why}`);
  const byHand = `Install them by hand: ${missing.map(({ name }) => name).join(" ")}`;
  if (!hasApt()) {
    throw new Refusal(`Only apt (Debian 12 or newer, Ubuntu) can be used to install them. ${byHand}
Names differ between distributions. Then run the same command with --no-system.`);
  }
  if (process.getuid?.() !== 0) return withoutRoot(missing);
  console.log("Installing them; none of their services is started by this.");
  await install(missing, { quiet: flags.quiet });
}

/** Without root only what compiles is indispensable; a missing lab tool is told, not fatal. */
function withoutRoot(/** @type {import("./packages.mjs").SystemPackage[]} */ missing) {
  const advice = "Installing them needs root: run `sudo npm run setup` once.";
  if (flags.forLab || missing.some(({ neededBy }) => neededBy === "build")) throw new Refusal(advice);
  console.log(`${advice} Going on without them: nothing that needs root can run yet.`);
}

async function remove() {
  const lab = join(root, "dist", "test", "lab", "cli.js");
  if (existsSync(join(root, ".lab")) && existsSync(lab)) {
    console.log("Taking the lab down …");
    spawnSync(process.execPath, [lab, "down"], { stdio: "inherit" });
  }
  const mounts = mountsBelow(root);
  if (mounts.length > 0) {
    throw new Refusal(`Something is still mounted here, nothing was removed: ${mounts.join(", ")}`);
  }
  if (recordedPackages().length > 0 && process.getuid?.() !== 0) {
    throw new Refusal("Removing the packages that this set-up installed needs root: run it with sudo.");
  }
  await removeInstalled({ quiet: flags.quiet });
  const folders = ["node_modules", "dist", "native/build", ".lab", "build"];
  console.log(`Removing ${folders.join(", ")}.`);
  // One file system only: should a mount have appeared meanwhile, nothing is deleted through it.
  const argv = ["rm", "-rf", "--one-file-system", ...folders.map((name) => join(root, name))];
  await run(argv, { doing: "Removing what was built" });
}

/** @param {string} folder @returns {string[]} */
function mountsBelow(folder) {
  const lines = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return lines.map((line) => line.split(" ")[1] ?? "").filter((path) => path.startsWith(`${folder}/`));
}

function list() {
  const missing = new Set(missingPackages(systemPackages).map(({ name }) => name));
  for (const { name, why, neededBy } of systemPackages) {
    console.log(
      `${missing.has(name) ? "missing" : "there  "}  ${name.padEnd(24)} ${neededBy.padEnd(6)} ${why}`,
    );
  }
}

function sayReady() {
  const lacks = lacksForLab();
  console.log("Ready: `npm test`, `npm run check`.");
  if (lacks.length === 0) console.log("This machine can also run `npm run demo` and `npm run lab`.");
  else console.log(`For \`npm run demo\` and the lab:\n  ${lacks.join("\n  ")}`);
}

/**
 * Waits until no other set-up works in this folder, so that two terminals do not build into each other. The
 * lock is held by a child that lives as long as its standard input, and so never outlives this process.
 * @returns {Promise<() => void>} releases it
 */
async function lockFolder() {
  const path = join(root, "build", "setup.lock");
  mkdirSync(join(root, "build"), { recursive: true });
  const argv = [path, "sh", "-c", "echo held; exec cat"];
  const holder = spawn("flock", argv, { stdio: ["pipe", "pipe", "ignore"], detached: true });
  const notice = setTimeout(() => console.log("Waiting for another set-up in this folder …"), 1000);
  await new Promise((resolve) => {
    holder.stdout.once("data", resolve);
    // No flock on this machine, or a folder of another user: then there is nothing to lock with.
    holder.once("error", resolve).once("exit", resolve);
  });
  clearTimeout(notice);
  return () => holder.stdin.end();
}

/** @param {string[]} argv */
function readFlags(argv) {
  const known = ["--quiet", "--no-system", "--build-only", "--for", "lab", "--list", "--remove", "--help"];
  const unknown = argv.filter((argument) => !known.includes(argument));
  if (unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(" ")}\n${usage}`);
    process.exit(2);
  }
  return {
    quiet: argv.includes("--quiet"),
    noSystem: argv.includes("--no-system"),
    buildOnly: argv.includes("--build-only"),
    forLab: argv.includes("lab"),
    list: argv.includes("--list"),
    remove: argv.includes("--remove"),
    help: argv.includes("--help"),
  };
}
