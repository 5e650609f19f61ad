// SPDX-License-Identifier: Apache-2.0
// A command to type on a host, to be read aloud over the phone or copied. Copying needs a secure page; where
// the browser refuses it, the text can still be selected.

import { Button } from "@patternfly/react-core";
import CheckIcon from "@patternfly/react-icons/dist/esm/icons/check-icon";
import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";
import { useEffect, useState, type ReactNode } from "react";
import "./command-line.css";

const shownMs = 2_000;

export function CommandLine({
  command,
  label,
}: {
  readonly command: string;
  /** For who cannot see it: what the command is for. */
  readonly label: string;
}): ReactNode {
  const [state, setState] = useState<"ready" | "copied" | "refused">("ready");
  useEffect(() => {
    if (state === "ready") return undefined;
    const timer = setTimeout(() => {
      setState("ready");
    }, shownMs);
    return () => {
      clearTimeout(timer);
    };
  }, [state]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(command);
      setState("copied");
    } catch {
      setState("refused");
    }
  };
  return (
    <div className="gm-command">
      <code tabIndex={0} aria-label={`${label}: ${command}`} role="group">
        {command}
      </code>
      <Button
        variant="plain"
        size="sm"
        aria-label={`Copy: ${label}`}
        icon={state === "copied" ? <CheckIcon /> : <CopyIcon />}
        onClick={() => void copy()}
      />
      <span className="pf-v6-screen-reader" role="status">
        {state === "copied" && "Copied"}
        {state === "refused" && "The browser does not copy here; select the text"}
      </span>
    </div>
  );
}
