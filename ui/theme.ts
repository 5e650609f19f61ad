// SPDX-License-Identifier: Apache-2.0
// Dark, light or as the system says; remembered in this browser. PatternFly reads one class of <html>.

import { useCallback, useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
const key = "gemel-theme";
const darkClass = "pf-v6-theme-dark";
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function stored(): Theme {
  const found = localStorage.getItem(key);
  return found === "light" || found === "dark" ? found : "system";
}

export function isDark(): boolean {
  const theme = stored();
  return theme === "system" ? systemDark.matches : theme === "dark";
}

/** At start, and whenever choice or system changes. */
export function applyTheme(): void {
  document.documentElement.classList.toggle(darkClass, isDark());
  document.documentElement.style.colorScheme = isDark() ? "dark" : "light";
  listeners.forEach((listener) => {
    listener();
  });
}

export function startTheme(): void {
  systemDark.addEventListener("change", applyTheme);
  applyTheme();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Charts draw on a canvas and must know; everything else follows by CSS. */
export function useIsDark(): boolean {
  return useSyncExternalStore(subscribe, isDark);
}

export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const theme = useSyncExternalStore(subscribe, stored);
  const choose = useCallback((chosen: Theme) => {
    localStorage.setItem(key, chosen);
    applyTheme();
  }, []);
  return [theme, choose];
}
