// SPDX-License-Identifier: Apache-2.0
// No node answers: what was last known, with its age, and what to type on a host meanwhile. It goes on
// asking, and whoever put it up takes it away when a node answers.

import { Button, Card, CardBody, CardTitle } from "@patternfly/react-core";
import { useEffect, useState, type ReactNode } from "react";
import type { ModuleStatus, Status } from "../../../core/api/contract.js";
import { ageText, lastKnownLook, timeText } from "../../../core/describe/words/words.js";
import { recall } from "../../live/last-known.js";
import { CommandLine } from "../../parts/CommandLine.js";
import { LookLabel } from "../../parts/LookLabel.js";
import "./nobody.css";

export interface NobodyAnswersProps {
  /** Undefined: nothing was heard since this page was loaded. */
  readonly lastKnown: Status | undefined;
  /** Wall time of the last word. */
  readonly since: string | undefined;
  readonly onAskAgain: () => void;
}

const askEveryMs = 3_000;
const tickMs = 1_000;

export default function NobodyAnswers({ lastKnown, since, onAskAgain }: NobodyAnswersProps): ReactNode {
  const [kept] = useState(recall);
  const status = lastKnown ?? kept?.status;
  const heardAt = since ?? status?.at;
  useAskingAgain(lastKnown === undefined ? onAskAgain : undefined);
  return (
    <div className="gm-nobody">
      <header>
        <h1>No node answers</h1>
        <p>This browser reaches no node of the cluster. What the VMs do does not depend on it.</p>
        <p className="gm-nobody-asking">
          <span className="gm-nobody-dot" aria-hidden="true" />
          <span role="status">The console keeps asking and goes on by itself as soon as a node answers.</span>
          <Button variant="secondary" size="sm" onClick={onAskAgain}>
            Ask again
          </Button>
        </p>
      </header>
      {status !== undefined && heardAt !== undefined && <LastKnown status={status} heardAt={heardAt} />}
      <Commands status={status} />
    </div>
  );
}

/** Nobody above asks while there is no session yet, so this page does. */
function useAskingAgain(ask: (() => void) | undefined): void {
  useEffect(() => {
    if (ask === undefined) return undefined;
    const timer = setInterval(ask, askEveryMs);
    return () => {
      clearInterval(timer);
    };
  }, [ask]);
}

function LastKnown({ status, heardAt }: { readonly status: Status; readonly heardAt: string }): ReactNode {
  return (
    <Card component="section" className="gm-nobody-known">
      <CardTitle component="h2">
        Last known <Age at={heardAt} />
      </CardTitle>
      <CardBody>
        <p className="gm-quiet">
          {status.cluster}, told by {status.answeredBy}, {timeText(heardAt)}. Since then it may have changed.
        </p>
        <p>{status.sentence}</p>
        <ul className="gm-nobody-modules">
          {status.modules.map((module) => (
            <Module key={module.id} module={module} />
          ))}
        </ul>
      </CardBody>
    </Card>
  );
}

function Module({ module }: { readonly module: ModuleStatus }): ReactNode {
  return (
    <li>
      <strong>{module.vm}</strong>
      <span>{module.active === null ? "did not run" : `ran on ${module.active}`}</span>
      <span className="gm-quiet">{module.sentence}</span>
      <LookLabel look={lastKnownLook} />
    </li>
  );
}

function Age({ at }: { readonly at: string }): ReactNode {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
    }, tickMs);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return <span className="gm-nobody-age">{ageText(at, new Date(now).toISOString())}</span>;
}

function Commands({ status }: { readonly status: Status | undefined }): ReactNode {
  const module = status?.modules[0]?.id ?? "MODULE";
  const commands: readonly (readonly [string, string])[] = [
    ["What is, as this host sees it", "gemel status"],
    ["What is wrong on this host and what to do", "gemel doctor"],
    ["Why a module is as it is", `gemel explain ${module}`],
    ["Start the daemon, if it does not run", "systemctl start gemel"],
    ["Only when the other host is certainly off: let this copy go on", `gemel prim ${module}`],
  ];
  const hosts = status?.nodes.map(({ name }) => name).join(" or ") ?? "a host";
  return (
    <Card component="section">
      <CardTitle component="h2">Type on {hosts}, as root</CardTitle>
      <CardBody>
        <dl className="gm-nobody-commands">
          {commands.map(([what, command]) => (
            <div key={command}>
              <dt>{what}</dt>
              <dd>
                <CommandLine label={what} command={command} />
              </dd>
            </div>
          ))}
        </dl>
        {status !== undefined && (
          <p className="gm-quiet">
            The consoles are at:{" "}
            {status.nodes
              .flatMap(({ urls }) => urls)
              .map((url) => (
                <a key={url} href={url} className="gm-nobody-url">
                  {url}
                </a>
              ))}
          </p>
        )}
      </CardBody>
    </Card>
  );
}
