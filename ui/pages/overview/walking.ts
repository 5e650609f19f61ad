// SPDX-License-Identifier: Apache-2.0
// The board by keyboard. Up and down go from card to card, left and right to the other host, Home and End to
// a column's ends, each to the same control of the other card. And a card that moves to the other host takes
// the focus with it: it is drawn anew there, and a person without a mouse would be back at the page's top.

import { useEffect, useRef, type KeyboardEvent, type RefObject } from "react";
import { placeAfter } from "../../parts/arrows.js";

/** A card's controls, by what they are; not every card has each. */
const controls = ["input", "h3 a", "[data-grip]", "button:not([data-grip])"] as const;
type Control = (typeof controls)[number];

const controlOf = (element: Element): Control | undefined =>
  controls.find((control) => element.matches(control));

function find(card: Element | undefined, control: Control | undefined): HTMLElement | null {
  const same = control === undefined ? null : card?.querySelector<HTMLElement>(control);
  return same ?? card?.querySelector<HTMLElement>("h3 a") ?? null;
}

export function walk(event: KeyboardEvent<HTMLElement>): void {
  const { target, currentTarget: board } = event;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  // An open menu takes the arrows itself, and hangs elsewhere in the page, though React brings its keys here.
  if (!(target instanceof HTMLElement) || !board.contains(target)) return;
  if (target.getAttribute("aria-expanded") === "true") return;
  const card = target.closest("article");
  const next = find(card === null ? undefined : cardAfter(event.key, card, board), controlOf(target));
  if (next === null) return;
  event.preventDefault();
  next.focus();
}

function cardAfter(key: string, card: Element, board: Element): Element | undefined {
  const columns = [...board.querySelectorAll(".gm-cards")].map((column) => [...column.children]);
  const column = columns.findIndex((cards) => cards.includes(card));
  const cards = columns[column] ?? [];
  const at = cards.indexOf(card);
  if (key !== "ArrowLeft" && key !== "ArrowRight") return cards[placeAfter(key, at, cards.length) ?? -1];
  const there = columns[column + (key === "ArrowRight" ? 1 : -1)] ?? [];
  return there[Math.min(at, there.length - 1)];
}

interface Held {
  readonly element: Element;
  readonly module: string;
  readonly control: Control | undefined;
}

/** To be called where the cards are drawn: after each drawing it looks whether a card took the focus. */
export function useKeptFocus(board: RefObject<HTMLElement | null>): void {
  const held = useRef<Held | null>(null);
  useEffect(() => {
    const hold = ({ target }: FocusEvent): void => {
      const element = target instanceof Element && board.current?.contains(target) === true ? target : null;
      const module = element?.closest<HTMLElement>("[data-module]")?.dataset["module"];
      const isCard = element !== null && module !== undefined;
      held.current = isCard ? { element, module, control: controlOf(element) } : null;
    };
    // Who presses beside everything wants the focus nowhere.
    const release = (): void => {
      held.current = null;
    };
    addEventListener("focusin", hold);
    addEventListener("pointerdown", release);
    return () => {
      removeEventListener("focusin", hold);
      removeEventListener("pointerdown", release);
    };
  }, [board]);
  useEffect(() => {
    if (held.current === null) return;
    const { element, module, control } = held.current;
    const { activeElement } = document;
    const isLost = !element.isConnected && activeElement === document.body;
    // Between two hosts a card has no grip, and its name stands in until there is one again.
    const isStandIn = activeElement === element && control !== undefined && !element.matches(control);
    if (!isLost && !isStandIn) return;
    const cards = [...(board.current?.querySelectorAll<HTMLElement>("article") ?? [])];
    const found = find(
      cards.find(({ dataset }) => dataset["module"] === module),
      control,
    );
    if (found === null || found === element) return;
    found.focus();
    held.current = { element: found, module, control };
  });
}
