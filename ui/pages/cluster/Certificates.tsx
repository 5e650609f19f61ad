// SPDX-License-Identifier: Apache-2.0
// Whom browsers and hosts trust, and for how long: the cluster's own authority to download, this host's
// certificates with their age, and an own certificate for the console.

import { Button, Card, CardBody, CardTitle } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState, type ReactNode } from "react";
import type { CertificateView } from "../../../core/api/contract.js";
import { certificateLook, timeText } from "../../../core/describe/words/words.js";
import { failureOf, type ApiFailure } from "../../api.js";
import { useAnswer, useChange, useTransport } from "../../asking.js";
import { saveFile } from "../../parts/save-file.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { LookLabel } from "../../parts/LookLabel.js";
import { barOf, MayButton } from "../../parts/MayButton.js";
import { usePermission } from "../../session.js";
import { OwnCertificate } from "./OwnCertificate.js";

/** What each is for, in the order in which they are shown. */
const uses: Readonly<Record<CertificateView["use"], string>> = {
  console: "Console, your own",
  node: "Among the hosts",
  "cluster-ca": "The cluster's authority",
  admin: "Command line of administrators",
};
const order = Object.keys(uses);

interface CertificatesProps {
  readonly self: string;
  /** The other host, while it answers. */
  readonly other: string | null;
}

/** Own ones are installed on the host that answers; the other host's are shown, if it can be asked. */
export function Certificates({ self, other }: CertificatesProps): ReactNode {
  const { data = [], error } = useAnswer("GET /certificates", []);
  const theirs = useAnswer("GET /certificates", other === null ? null : [{ node: other }]);
  const [isInstalling, setInstalling] = useState(false);
  const may = usePermission("admin");
  const own = data.some(({ use }) => use === "console");
  // The authority is the same everywhere.
  const others = (theirs.data ?? []).filter(({ use }) => use !== "cluster-ca");
  const sorted = [...data, ...others].sort((a, b) => order.indexOf(a.use) - order.indexOf(b.use));
  return (
    <Card component="section">
      <CardTitle component="h2">Certificates</CardTitle>
      <CardBody>
        <p>
          The console of {self} shows{" "}
          {own
            ? "your own certificate."
            : "a certificate of the cluster's authority: browsers must know it first."}
        </p>
        <div className="gm-buttons gm-spaced">
          <DownloadAuthority />
          <MayButton variant="secondary" why={barOf(may)} onClick={() => setInstalling(true)}>
            Install an own certificate …
          </MayButton>
          {own && <RemoveOwn />}
        </div>
        {error !== null && <FailureAlert failure={error} what="The certificates cannot be shown" />}
        {sorted.length > 0 && <CertificateTable certificates={sorted} />}
        {isInstalling && <OwnCertificate self={self} onDone={() => setInstalling(false)} />}
      </CardBody>
    </Card>
  );
}

function CertificateTable({
  certificates,
}: {
  readonly certificates: readonly CertificateView[];
}): ReactNode {
  return (
    <Table variant="compact" aria-label="Certificates">
      <Thead>
        <Tr>
          <Th>Host</Th>
          <Th>For</Th>
          <Th>Valid until</Th>
          <Th>Left</Th>
          <Th>Issued by</Th>
          <Th>Fingerprint (SHA-256)</Th>
        </Tr>
      </Thead>
      <Tbody>
        {certificates.map((one) => (
          <Tr key={`${one.node} ${one.use}`}>
            <Td dataLabel="Host">{one.use === "cluster-ca" ? "both" : one.node}</Td>
            <Td dataLabel="For">
              {uses[one.use]}
              <div className="gm-quiet gm-mono">{one.subject}</div>
            </Td>
            <Td dataLabel="Valid until">{timeText(one.notAfter)}</Td>
            <Td dataLabel="Left">
              <LookLabel look={certificateLook(one.daysLeft)} />
            </Td>
            <Td dataLabel="Issued by">
              <span className="gm-mono">{one.issuer}</span>
            </Td>
            <Td dataLabel="Fingerprint">
              <Fingerprint value={one.fingerprint} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

/** In two lines of sixteen, as people compare them over the phone. */
function Fingerprint({ value }: { readonly value: string }): ReactNode {
  const pairs = value.split(":");
  const half = Math.ceil(pairs.length / 2);
  return (
    <code className="gm-fingerprint">
      {pairs.slice(0, half).join(":")}
      <wbr />
      {half < pairs.length ? ":" : ""}
      {pairs.slice(half).join(":")}
    </code>
  );
}

function DownloadAuthority(): ReactNode {
  const transport = useTransport();
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const download = async (): Promise<void> => {
    try {
      const pem = await transport.ask("GET /cluster/ca");
      setFailure(null);
      saveFile("gemel-cluster-ca.pem", "application/x-pem-file", pem);
    } catch (thrown) {
      setFailure(failureOf(thrown));
    }
  };
  return (
    <>
      <Button variant="secondary" onClick={() => void download()}>
        Download the cluster&rsquo;s authority
      </Button>
      {failure !== null && <FailureAlert failure={failure} what="The download failed" />}
    </>
  );
}

function RemoveOwn(): ReactNode {
  const may = usePermission("admin");
  const change = useChange("DELETE /certificates/console", ["GET /certificates"]);
  return (
    <>
      <MayButton
        variant="link"
        why={barOf(may)}
        isPending={change.isPending}
        onClick={() => {
          change.mutate([]);
        }}
      >
        Back to the cluster&rsquo;s certificate
      </MayButton>
      {change.error !== null && <FailureAlert failure={change.error} what="It was not removed" />}
    </>
  );
}
