// SPDX-License-Identifier: Apache-2.0
/**
 * How the console is bundled: one page, hashed assets, nothing inline (strict CSP), nothing from elsewhere
 * (closed networks). `--mode mock` plays a cluster in the browser and is never part of the product.
 *
 * Invariant: what a browser must fetch before the overview stands fits into `firstLoadKibMax` gzipped, fonts
 * not counted; the build prints it and fails above.
 */
import react from "@vitejs/plugin-react";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = dirname(fileURLToPath(import.meta.url));
const firstLoadKibMax = 400;

/** @param {{ mode: string }} environment */
export default function configuration({ mode }) {
  return {
    root,
    // Everything is named from where it stands: a reverse proxy may show the console below a path.
    base: mode === "mock" ? "/" : "./",
    plugins: [react(), firstLoad()],
    build: {
      outDir: join(root, "..", "dist", mode === "mock" ? "console-mock" : "console"),
      emptyOutDir: true,
      target: "es2023",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 2000,
    },
    server: { host: "127.0.0.1" },
  };
}

/** Weighs the entry, the overview and all that they import, and refuses to let it grow beyond the promise. */
function firstLoad() {
  return {
    name: "first-load",
    apply: "build",
    /** @param {unknown} _options @param {Record<string, any>} bundle */
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter(({ type }) => type === "chunk");
      const first = chunks.filter(
        ({ isEntry, facadeModuleId }) => isEntry || facadeModuleId?.includes("/pages/overview/") === true,
      );
      const names = reachable(bundle, first);
      const kib = names.reduce((sum, name) => sum + weight(bundle[name]), 0) / 1024;
      console.log(`First load: ${kib.toFixed(1)} KiB gzipped of at most ${firstLoadKibMax} (JS and CSS).`);
      if (kib > firstLoadKibMax) this.error(`First load ${kib.toFixed(1)} KiB: at most ${firstLoadKibMax}.`);
    },
  };
}

/** @param {Record<string, any>} bundle @param {any[]} first */
function reachable(bundle, first) {
  const names = new Set();
  const waiting = [...first];
  for (let chunk = waiting.pop(); chunk !== undefined; chunk = waiting.pop()) {
    if (names.has(chunk.fileName)) continue;
    names.add(chunk.fileName);
    for (const css of chunk.viteMetadata?.importedCss ?? []) names.add(css);
    for (const name of chunk.imports) if (bundle[name] !== undefined) waiting.push(bundle[name]);
  }
  return [...names].filter((name) => bundle[name] !== undefined);
}

/** @param {any} file */
function weight(file) {
  return gzipSync(file.type === "chunk" ? file.code : file.source).length;
}
