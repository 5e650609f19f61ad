// SPDX-License-Identifier: Apache-2.0
// Three live figures of a module, fed by the stream past React: only this part of a card redraws each second.

import type { ReactNode } from "react";
import { bytesText, coresText, latencyText } from "../../../core/describe/words/words.js";
import { useModuleFigures } from "../../live/live.js";
import { Sparkline } from "./Sparkline.js";

const nothing: readonly (number | null)[] = [];
const MiB = 1024 * 1024;

export function CardFigures({ module }: { readonly module: string }): ReactNode {
  const trend = useModuleFigures(module);
  return (
    <dl className="gm-card-figures">
      <Figure name="CPU" text={coresText(trend?.now.cpu ?? null)} values={trend?.cpu} topMin={1} />
      <Figure
        name="Write"
        text={latencyText(trend?.now.writeP50Us ?? null)}
        values={trend?.writeUs}
        topMin={2000}
      />
      <Figure
        name="Dirty"
        text={bytesText(trend?.now.dirtyBytes ?? null)}
        values={trend?.dirtyBytes}
        topMin={16 * MiB}
      />
    </dl>
  );
}

function Figure({
  name,
  text,
  values = nothing,
  topMin,
}: {
  readonly name: string;
  readonly text: string;
  readonly values: readonly (number | null)[] | undefined;
  readonly topMin: number;
}): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <span className="gm-number">{text}</span>
        <Sparkline values={values} topMin={topMin} />
      </dd>
    </div>
  );
}
