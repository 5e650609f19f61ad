// SPDX-License-Identifier: Apache-2.0
// Alarms reach a person who looks elsewhere: title and favicon of the tab, and, where wanted, a sound that
// repeats until somebody has acknowledged, and a notification of the browser. Draws nothing.

import { useEffect, useRef, useState } from "react";
import type { Alarm } from "../../../core/api/contract.js";
import { useStatus } from "../../live/live.js";
import { base } from "../../paths.js";
import { notify, ring } from "./calling.js";
import { isWanted } from "./wishes.js";

const ringEveryMs = 15_000;
const product = "Gemel";

export function AlarmCall(): null {
  const alarms = useStatus()?.alarms ?? [];
  const red = alarms.filter(({ severity }) => severity === "red");
  const open = red.filter(({ acknowledged }) => acknowledged === undefined);
  const page = usePageName();
  useEffect(() => {
    const mark = red.length === 0 ? "" : `(${red.length}!) `;
    document.title = `${mark}${page === "" ? "" : `${page} · `}${product}`;
  }, [red.length, page]);
  useEffect(() => {
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    icon?.setAttribute("href", `${base}/${red.length === 0 ? "favicon" : "favicon-alarm"}.svg`);
  }, [red.length]);
  useSound(open.length > 0);
  useNotifications(open);
  return null;
}

/** The page says its name (parts/Page.tsx), because only one may write the title. */
function usePageName(): string {
  const [name, setName] = useState("");
  useEffect(() => {
    const look = (): void => setName(document.documentElement.dataset["page"] ?? "");
    look();
    addEventListener("gemel-page", look);
    return () => removeEventListener("gemel-page", look);
  }, []);
  return name;
}

function useSound(isOpen: boolean): void {
  useEffect(() => {
    if (!isOpen) return;
    const call = (): void => {
      if (isWanted("sound")) ring();
    };
    call();
    const timer = setInterval(call, ringEveryMs);
    return () => clearInterval(timer);
  }, [isOpen]);
}

/** Each alarm once; one that comes again later is another one. */
function useNotifications(open: readonly Alarm[]): void {
  const told = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const before = told.current;
    told.current = new Set(open.map(({ id }) => id));
    if (!isWanted("notification")) return;
    for (const { id, sentence, next } of open) if (!before.has(id)) notify(sentence, next, id);
  }, [open]);
}
