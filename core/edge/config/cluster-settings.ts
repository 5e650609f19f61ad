// SPDX-License-Identifier: Apache-2.0
// cluster.xml as the daemon goes by it: read again and again, so that what a person edits is taken up while
// it runs; while it is wrong, unreadable or gone, what was last read counts (R103).

import { join } from "node:path";
import { failure, type Failure } from "../../base/errors.js";
import type { NodeName } from "../../base/units.js";
import { clusterFormat, nodeOf, parseCluster, writeCluster, type ClusterConfig } from "./cluster-file.js";
import { faultText, readClusterFile, type FileFault } from "./files.js";
import { KeptSettings } from "./kept-settings.js";
import type { Paths } from "./paths.js";

const name = "cluster";

export class ClusterSettings {
  /** Why the file does not count. */
  fault: Failure | undefined;
  private readonly kept: KeptSettings<ClusterConfig>;

  constructor(
    private readonly paths: Paths,
    private readonly said: (sentence: string, outcome: string) => void,
  ) {
    this.kept = new KeptSettings(
      join(paths.keptSettings, name),
      { format: clusterFormat, parse: parseCluster, write: writeCluster },
      (reason) => said("The cluster's settings could not be kept for the next start of the daemon.", reason),
    );
  }

  /** Undefined: there is no cluster, or nothing is known of it. */
  read(self: NodeName | undefined): ClusterConfig | undefined {
    const found = readClusterFile(this.paths);
    const isOurs = found.kind !== "value" || self === undefined || nodeOf(found.value, self) !== undefined;
    const file = isOurs ? found : this.faultOf(`it does not name this node, ${self}`);
    if (file.kind === "value") {
      this.kept.keep(name, file.value);
      if (this.fault !== undefined) this.said("The cluster's settings can be read again.", "they count");
      this.fault = undefined;
      return file.value;
    }
    const kept = this.kept.read(name);
    if (file.kind === "fault") this.misread(file);
    else if (kept !== undefined) this.misread(this.faultOf("it is gone"));
    return kept;
  }

  private faultOf(reason: string): FileFault {
    return { kind: "fault", file: this.paths.clusterFile, line: 0, reason };
  }

  private misread(fault: FileFault): void {
    const text = faultText(fault);
    if (this.fault?.message.includes(text) === true) return;
    this.fault = failure("GEMEL-4025", name, `${text}.`);
    this.said(this.fault.message, "the cluster goes on as before");
  }
}

export const isSameCluster = (a: ClusterConfig, b: ClusterConfig): boolean =>
  writeCluster(a) === writeCluster(b);
