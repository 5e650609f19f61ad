// SPDX-License-Identifier: Apache-2.0
// bench.svg: one panel per work, one bar per target, as a share of the raw disk.

import { find, type Report } from "./report.js";
import { type TargetName, works } from "./work.js";

const colours: Readonly<Record<TargetName, string>> = {
  raw: "#8a8d90",
  "gemel-written": "#0066cc",
  "gemel-received": "#4394e5",
  "qemu-mirror": "#c9190b",
  gluster: "#ec7a08",
};

const panel = { width: 520, height: 190, left: 130, bar: 22 };
const names = Object.keys(colours) as TargetName[];

function bar(report: Report, target: TargetName, work: (typeof works)[number], y: number): string {
  const raw = find(report.rows, "raw", work.name);
  const one = find(report.rows, target, work.name);
  const label = `<text x="${panel.left - 8}" y="${y + 15}" text-anchor="end" font-size="12">${target}</text>`;
  if (raw === undefined || one === undefined) {
    return `${label}<text x="${panel.left}" y="${y + 15}" font-size="12" fill="#6a6e73">not measured</text>`;
  }
  const share = one.iops / raw.iops;
  const width = Math.max(2, Math.min(1, share) * (panel.width - panel.left - 150));
  const figure = `${(share * 100).toFixed(0)} % · ${one.iops.toFixed(0)}/s · p50 ${one.p50Us.toFixed(0)} µs`;
  const size = `width="${width.toFixed(1)}" height="${panel.bar - 4}"`;
  return (
    `${label}<rect x="${panel.left}" y="${y}" ${size} fill="${colours[target]}"/>` +
    `<text x="${(panel.left + width + 6).toFixed(1)}" y="${y + 14}" font-size="11">${figure}</text>`
  );
}

export function chart(report: Report): string {
  const panels = works.map((work, index) => {
    const bars = names.map((target, line) => bar(report, target, work, 40 + line * (panel.bar + 4)));
    const words = `${work.name}, IOPS as a share of the raw disk`;
    const title = `<text x="10" y="22" font-size="14" font-weight="bold">${words}</text>`;
    return `<g transform="translate(0 ${index * panel.height})">${title}${bars.join("")}</g>`;
  });
  const height = works.length * panel.height;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${panel.width + 120}" height="${height}" ` +
    `font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>${panels.join("")}</svg>\n`
  );
}
