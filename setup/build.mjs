// SPDX-License-Identifier: Apache-2.0
/**
 * What is built: dependencies (npm), the native addon (node-gyp), the TypeScript (tsc), the console (vite).
 *
 * Each is skipped when the contents of all its inputs are what they were at the last success (a stamp by
 * content, not by time: a fresh checkout or a switched branch changes times, not meaning). Invariant: a stamp
 * is written only after success, and names every input, the versions of Node and of the tools included.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { run } from "./command.mjs";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampPath = join(root, "build", "setup-stamps.json");
/** ui too: tests compile what they import of it. */
const sourceFolders = ["core", "kvm", "native", "test", "ui"];
/** What vite wrote is not tsc's to tidy. */
const bundles = /^dist\/console(-mock)?\//;

/** @typedef {{ quiet: boolean, say: (sentence: string) => void }} Talk */

/** npm's packages; compiled from source where no ready-made binary is to be had. @param {Talk} talk */
export async function installDependencies(talk) {
  const stamp = digest([join(root, "package-lock.json")], process.versions.modules);
  if (stamps().dependencies === stamp && existsSync(join(root, "node_modules"))) return;
  if (stamps().dependencies === undefined && dependenciesAgree()) {
    keepStamp("dependencies", stamp);
    return;
  }
  talk.say("Installing the npm packages of package-lock.json (some are compiled, about a minute) …");
  const argv = ["npm", "ci", "--loglevel=error", "--no-audit", "--no-fund"];
  await run(argv, {
    quiet: talk.quiet,
    cwd: root,
    env: headersEnvironment(),
    doing: "Installing npm packages",
  });
  keepStamp("dependencies", stamp);
}

/** The addon of the mirror process and its C++ unit tests. @param {Talk} talk */
export async function buildNative(talk) {
  const inputs = files(join(root, "native"), /\.(cc|h|c|gyp|gypi)$/);
  const stamp = digest([...inputs, join(root, "package-lock.json")], process.version);
  const isBuilt = existsSync(join(root, "native", "build", "Release"));
  if (stamps().native === stamp && isBuilt) return;
  talk.say("Building the native parts …");
  const gyp = join(root, "node_modules", ".bin", "node-gyp");
  const options = {
    quiet: talk.quiet,
    cwd: root,
    env: headersEnvironment(),
    doing: "Building the native parts",
  };
  await run([gyp, "-C", "native", "configure", "--silent"], options);
  await run([gyp, "-C", "native", "build", "-j", String(availableParallelism()), "--silent"], options);
  keepStamp("native", stamp);
}

/** @param {Talk} talk */
export async function buildTypeScript(talk) {
  const inputs = sourceFolders.flatMap((folder) => files(join(root, folder), /\.tsx?$/));
  const configuration = ["package.json", "package-lock.json", "tsconfig.json"].map((name) =>
    join(root, name),
  );
  const stamp = digest([...inputs, ...configuration], process.version);
  if (stamps().typescript === stamp && existsSync(join(root, "dist", ".tsbuildinfo"))) return;
  talk.say("Compiling the TypeScript …");
  dropOrphans(new Set(inputs.map((input) => relative(root, input).replace(/\.ts$/, ""))));
  const tsc = join(root, "node_modules", ".bin", "tsc");
  await run([tsc, "-p", "."], { quiet: talk.quiet, cwd: root, doing: "Compiling the TypeScript" });
  keepStamp("typescript", stamp);
}

/**
 * The console's pages: `product` as the daemon serves them, `mock` with a cluster that is played in the
 * browser, for tests and pictures. @param {Talk} talk @param {"product" | "mock"} mode
 */
export async function buildConsole(talk, mode = "product") {
  const inputs = [
    ...files(join(root, "ui"), /./),
    ...files(join(root, "core"), /\.ts$/),
    join(root, "package-lock.json"),
  ];
  const stamp = digest([...inputs, join(root, "tsconfig.json")], process.version);
  const name = mode === "mock" ? "console-mock" : "console";
  if (stamps()[name] === stamp && existsSync(join(root, "dist", name, "index.html"))) return;
  talk.say(mode === "mock" ? "Bundling the console with its mock cluster …" : "Bundling the console …");
  const vite = join(root, "node_modules", ".bin", "vite");
  const argv = [vite, "build", "--config", "ui/vite.config.mjs", "--logLevel", "warn"];
  await run([...argv, "--mode", mode === "mock" ? "mock" : "production"], {
    quiet: talk.quiet,
    cwd: root,
    doing: "Bundling the console",
  });
  if (mode !== "mock") compress(join(root, "dist", "console"));
  keepStamp(name, stamp);
}

/** A .gz beside every text file, which the daemon sends to browsers that take it. @param {string} folder */
function compress(folder) {
  for (const path of files(folder, /\.(js|css|svg|html)$/))
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
}

/** Does node_modules hold what the lock file names? npm keeps its own record of what it installed. */
function dependenciesAgree() {
  const hidden = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const installed = JSON.parse(readFileSync(hidden, "utf8")).packages;
  const wanted = Object.entries(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages);
  return wanted.every(
    ([path, entry]) => path === "" || entry.optional || installed[path]?.version === entry.version,
  );
}

/**
 * Compiled files whose source is gone would still be found by tests: they go too. @param {Set<string>}
 * sources
 */
function dropOrphans(sources) {
  const dist = join(root, "dist");
  for (const file of files(dist, /\.js(\.map)?$/)) {
    if (bundles.test(relative(root, file))) continue;
    if (!sources.has(relative(dist, file).replace(/\.js(\.map)?$/, ""))) rmSync(file);
  }
}

/** Where Node's own headers are beside it, nothing is downloaded for compiling. */
function headersEnvironment() {
  const prefixes = [dirname(dirname(process.execPath)), "/usr"];
  const prefix = prefixes.find((path) => existsSync(join(path, "include", "node", "node.h")));
  return prefix === undefined ? process.env : { ...process.env, npm_config_nodedir: prefix };
}

/** @param {string} folder @param {RegExp} pattern @returns {string[]} */
function files(folder, pattern) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === "build" ? [] : files(path, pattern);
      return pattern.test(entry.name) ? [path] : [];
    })
    .sort();
}

/** @param {string[]} paths @param {string} version */
function digest(paths, version) {
  const hash = createHash("sha256").update(version);
  for (const path of paths) hash.update(`\0${relative(root, path)}\0`).update(readFileSync(path));
  return hash.digest("hex");
}

/** @returns {Record<string, string>} */
function stamps() {
  return existsSync(stampPath) ? JSON.parse(readFileSync(stampPath, "utf8")) : {};
}

/** @param {string} name @param {string} stamp */
function keepStamp(name, stamp) {
  mkdirSync(dirname(stampPath), { recursive: true });
  writeFileSync(stampPath, `${JSON.stringify({ ...stamps(), [name]: stamp }, null, 2)}\n`);
}
