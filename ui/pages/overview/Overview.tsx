// SPDX-License-Identifier: Apache-2.0
// The overview: two hosts side by side, every VM in one sentence, moved by hand. Commands are asked for here
// and confirmed in a dialog with the API's own words of what will happen.

import { useCallback, useEffect, useMemo, useRef, useState, type PointerEvent, type ReactNode } from "react";
import { useNavigate } from "react-router";
import type { ModuleStatus, Status } from "../../../core/api/contract.js";
import type { ModuleVerb } from "../../../core/base/vocabulary.js";
import { verbWords } from "../../../core/describe/words/words.js";
import { useAnswer } from "../../asking.js";
import { useStatus } from "../../live/live.js";
import { ConfirmAction } from "../../parts/ConfirmAction.js";
import type { AskedAction } from "../../parts/Preview.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { barOf, MayButton } from "../../parts/MayButton.js";
import { Page, PageWaiting } from "../../parts/Page.js";
import { paths } from "../../paths.js";
import { usePermission } from "../../session.js";
import { Balance } from "./Balance.js";
import { Board, Ghost } from "./Board.js";
import { split } from "./columns.js";
import { useDragging } from "./dragging.js";
import { useImmediate } from "./immediate.js";
import type { MenuCommand } from "./ModuleMenu.js";
import "./overview.css";
import { NothingYet } from "./NothingYet.js";
import { PauseButton } from "./PauseButton.js";
import { ProcedureList } from "./ProcedureList.js";
import { Selection } from "./Selection.js";
import { useKeptFocus, walk } from "./walking.js";

const capacityEveryMs = 10_000;

export default function Overview(): ReactNode {
  const status = useStatus();
  if (status === undefined) return <PageWaiting />;
  return (
    <Page title="Overview" lead={status.sentence} actions={<Actions modules={status.modules} />}>
      <ProcedureList procedures={status.procedures} />
      {status.modules.length === 0 && status.procedures.length === 0 ? <NothingYet /> : null}
      <Hosts status={status} />
    </Page>
  );
}

function Actions({ modules }: { readonly modules: readonly ModuleStatus[] }): ReactNode {
  const navigate = useNavigate();
  const may = usePermission(verbWords.protect.role);
  return (
    <>
      <PauseButton />
      {modules.length === 0 ? null : <Balance />}
      <MayButton
        variant={modules.length === 0 ? "secondary" : "primary"}
        why={barOf(may)}
        onClick={() => void navigate(paths.protect)}
      >
        Protect a VM
      </MayButton>
    </>
  );
}

function Hosts({ status }: { readonly status: Status }): ReactNode {
  const { modules } = status;
  const capacity = useAnswer("GET /capacity", [], { everyMs: capacityEveryMs });
  const may = usePermission("control");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const selected = useMemo(
    () => new Set(modules.filter(({ id }) => chosen.has(id)).map(({ id }) => id)),
    [modules, chosen],
  );
  const asking = useAsking(modules, barOf(may));
  const { drag, ghost, grasp } = useDragging(asking.drop);
  const place = useRef<HTMLDivElement>(null);
  useKeptFocus(place);
  const selectedNow = useRef(selected);
  useEffect(() => {
    selectedNow.current = selected;
  }, [selected]);
  const onSelect = useCallback((id: string, isChosen: boolean) => {
    setChosen((before) => new Set(isChosen ? [...before, id] : [...before].filter((one) => one !== id)));
  }, []);
  const onGrasp = useCallback(
    (module: ModuleStatus, event: PointerEvent) => {
      const all = selectedNow.current.has(module.id) ? [...selectedNow.current] : [module.id];
      grasp(all, event);
    },
    [grasp],
  );
  return (
    <div className="gm-overview" ref={place} data-dragging={drag !== null} onKeyDown={walk}>
      <Selection
        modules={modules.filter(({ id }) => selected.has(id))}
        onVerb={(several, verb) => asking.ask(several, verb)}
        onClear={() => setChosen(new Set())}
      />
      {asking.failure}
      <p className="pf-v6-screen-reader" role="status">
        {asking.announcement}
      </p>
      <Board
        status={status}
        capacity={capacity.data}
        selected={selected}
        drag={drag}
        onSelect={onSelect}
        onGrasp={onGrasp}
        onCommand={asking.command}
      />
      <p className="gm-keys">Arrows: from card to card · Space: select · Tab: what may be done</p>
      <Ghost drag={drag} modules={modules} place={ghost} />
      {asking.dialog}
    </div>
  );
}

interface Asking {
  readonly ask: (modules: readonly ModuleStatus[], verb: ModuleVerb, node?: string) => void;
  readonly command: (module: ModuleStatus, command: MenuCommand) => void;
  readonly drop: (modules: readonly string[], node: string) => void;
  readonly announcement: string;
  readonly failure: ReactNode;
  readonly dialog: ReactNode;
}

/** From a wish (menu, drop, toolbar) to the dialog, or to why not. `barred`: the role forbids it. */
function useAsking(modules: readonly ModuleStatus[], barred: string | null): Asking {
  const navigate = useNavigate();
  const [asked, setAsked] = useState<readonly [AskedAction, ...AskedAction[]] | null>(null);
  const [announcement, setAnnouncement] = useState("");
  const immediate = useImmediate();
  const { send } = immediate;
  const ask = useCallback(
    (several: readonly ModuleStatus[], verb: ModuleVerb, node?: string) => {
      const [first, ...rest] = several.map(({ id, vm }): AskedAction => ({
        module: id,
        vm,
        verb,
        ...(node === undefined ? {} : { node }),
      }));
      if (first === undefined) return;
      if (verbWords[verb].confirm === "none") send([first, ...rest]);
      else setAsked([first, ...rest]);
    },
    [send],
  );
  const command = useCallback(
    (module: ModuleStatus, wanted: MenuCommand) => {
      if (wanted.kind === "open") void navigate(paths.module(module.id));
      else if (wanted.kind === "decide") void navigate(paths.decide(module.id));
      else if (barred !== null) setAnnouncement(barred);
      else if (wanted.kind === "verify") immediate.verify(module);
      else ask([module], wanted.verb, wanted.node);
    },
    [ask, barred, immediate, navigate],
  );
  const drop = useCallback(
    (ids: readonly string[], node: string) => {
      const { able, refused } = split(
        modules.filter(({ id }) => ids.includes(id)),
        "swap",
        node,
      );
      setAnnouncement(barred ?? refused.map(({ module, why }) => `${module.vm}: ${why}`).join(" "));
      if (barred === null) ask(able, "swap");
    },
    [modules, barred, ask],
  );
  const dialog =
    asked === null ? null : (
      <ConfirmAction
        asked={asked}
        onClose={() => setAsked(null)}
        onDone={(replies) => setAnnouncement(replies.map(({ sentence }) => sentence).join(" "))}
      />
    );
  const { failure, clear } = immediate;
  return {
    ask,
    command,
    drop,
    announcement: immediate.said === "" ? announcement : immediate.said,
    failure:
      failure === null ? null : <FailureAlert failure={failure.why} what={failure.what} onClose={clear} />,
    dialog,
  };
}
