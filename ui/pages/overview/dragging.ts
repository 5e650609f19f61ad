// SPDX-License-Identifier: Apache-2.0
// Dragging cards by pointer events: mouse anywhere on a card, finger and pen by the grip (elsewhere a finger
// scrolls). The ghost follows the pointer past React; React only hears when the column below changes.
//
// Invariant: letting go outside of another column, Escape, or a lost pointer changes nothing.

import {
  useCallback,
  useEffect,
  useRef,
  useState,
  type PointerEvent as ReactPointerEvent,
  type RefObject,
} from "react";

/** So far a press is a press. */
const distanceMin = 6;

export interface Drag {
  readonly modules: readonly string[];
  /** The host whose column is below the pointer. */
  readonly over: string | null;
}

export interface Dragging {
  readonly drag: Drag | null;
  readonly ghost: RefObject<HTMLDivElement | null>;
  readonly grasp: (modules: readonly string[], event: ReactPointerEvent) => void;
}

interface Grasp {
  readonly modules: readonly string[];
  readonly pointer: number;
  readonly x: number;
  readonly y: number;
}

const columnBelow = (x: number, y: number): string | null => {
  const found = document.elementFromPoint(x, y)?.closest("[data-node]");
  return found instanceof HTMLElement ? (found.dataset["node"] ?? null) : null;
};

/** A press on a link, a menu or a checkbox is theirs. */
function isGrasp(event: ReactPointerEvent): boolean {
  if (event.button !== 0 || !(event.target instanceof Element)) return false;
  if (event.target.closest("[data-grip]") !== null) return true;
  return event.pointerType === "mouse" && event.target.closest("a,button,input,label,[role=menu]") === null;
}

export function useDragging(onDrop: (modules: readonly string[], node: string) => void): Dragging {
  const [drag, setDrag] = useState<Drag | null>(null);
  const [held, setHeld] = useState<Grasp | null>(null);
  const ghost = useRef<HTMLDivElement>(null);
  // The newest one, without letting go of the card each time the status changes.
  const dropped = useRef(onDrop);
  useEffect(() => {
    dropped.current = onDrop;
  }, [onDrop]);
  const grasp = useCallback((modules: readonly string[], event: ReactPointerEvent) => {
    if (!isGrasp(event)) return;
    const { pointerId: pointer, clientX: x, clientY: y } = event;
    setHeld({ modules, pointer, x, y });
  }, []);
  useEffect(() => {
    if (held === null) return;
    return follow(held, {
      moved: (over) => {
        setDrag((before) => (before?.over === over ? before : { modules: held.modules, over }));
      },
      placed: (x, y) => {
        ghost.current?.style.setProperty("transform", `translate(${x + 14}px, ${y + 10}px)`);
      },
      ended: (over) => {
        setHeld(null);
        setDrag(null);
        if (over !== null) dropped.current(held.modules, over);
      },
    });
  }, [held]);
  return { drag, ghost, grasp };
}

interface Following {
  readonly moved: (over: string | null) => void;
  readonly placed: (x: number, y: number) => void;
  readonly ended: (over: string | null) => void;
}

function follow(held: Grasp, { moved, placed, ended }: Following): () => void {
  let isMoving = false;
  const move = (event: PointerEvent): void => {
    if (event.pointerId !== held.pointer) return;
    const { clientX: x, clientY: y } = event;
    isMoving ||= Math.hypot(x - held.x, y - held.y) >= distanceMin;
    if (!isMoving) return;
    event.preventDefault();
    moved(columnBelow(x, y));
    requestAnimationFrame(() => {
      placed(x, y);
    });
  };
  const drop = (event: PointerEvent): void => {
    if (event.pointerId !== held.pointer) return;
    if (isMoving) swallowClick();
    ended(isMoving ? columnBelow(event.clientX, event.clientY) : null);
  };
  const cancel = (): void => {
    ended(null);
  };
  const escape = (event: KeyboardEvent): void => {
    if (event.key === "Escape") cancel();
  };
  const noSelection = (event: Event): void => {
    event.preventDefault();
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", drop);
  addEventListener("pointercancel", cancel);
  addEventListener("keydown", escape);
  addEventListener("selectstart", noSelection);
  return () => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", drop);
    removeEventListener("pointercancel", cancel);
    removeEventListener("keydown", escape);
    removeEventListener("selectstart", noSelection);
  };
}

/** The press that ended a drag is no click on whatever lies below. */
function swallowClick(): void {
  const swallow = (event: Event): void => {
    event.stopPropagation();
    event.preventDefault();
  };
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => {
    removeEventListener("click", swallow, { capture: true });
  });
}
