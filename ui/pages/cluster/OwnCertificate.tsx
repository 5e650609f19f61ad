// SPDX-License-Identifier: Apache-2.0
// An own certificate for the console of the answering host: both parts as PEM, pasted or read from a file.
// The daemon judges them, and says beside which field what is wrong; the key never leaves that host again.

import { useId, useState, type ChangeEvent, type ReactNode } from "react";
import { useChange } from "../../asking.js";
import { AskDialog } from "../../parts/AskDialog.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { Field, leftOver, type FieldProps } from "../../parts/form/Field.js";

const fileBytesMax = 256 * 1024;

interface OwnCertificateProps {
  readonly self: string;
  readonly onDone: () => void;
}

export function OwnCertificate({ self, onDone }: OwnCertificateProps): ReactNode {
  const [certificate, setCertificate] = useState("");
  const [privateKey, setPrivateKey] = useState("");
  const { mutate, error, isPending } = useChange("PUT /certificates/console", ["GET /certificates"]);
  const rest = leftOver(error, ["certificate", "privateKey"]);
  return (
    <AskDialog
      title="Own certificate for the console"
      description={`Browsers see it on ${self}. Between the hosts the cluster's own ones stay in use.`}
      submit="Install"
      isWide
      isPending={isPending}
      onSubmit={() => {
        mutate([{}, { certificate, privateKey }], { onSuccess: onDone });
      }}
      onClose={onDone}
    >
      <PemField
        id="own-certificate-pem"
        name="certificate"
        label="Certificate (PEM), its chain below it"
        value={certificate}
        onChange={setCertificate}
        failure={error}
        placeholder="-----BEGIN CERTIFICATE-----"
      />
      <PemField
        id="own-certificate-key"
        name="privateKey"
        label="Private key (PEM), without pass phrase"
        value={privateKey}
        onChange={setPrivateKey}
        failure={error}
        placeholder="-----BEGIN PRIVATE KEY-----"
        help={`It stays on ${self}, readable by root only.`}
      />
      {rest !== null && <FailureAlert failure={rest} what="It was not installed" />}
    </AskDialog>
  );
}

type PemFieldProps = Omit<FieldProps, "rows" | "isMono" | "isRequired">;

function PemField(props: PemFieldProps): ReactNode {
  const file = useId();
  const read = async ({ target }: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const [chosen] = target.files ?? [];
    if (chosen !== undefined) props.onChange(await chosen.slice(0, fileBytesMax).text());
  };
  return (
    <div className="gm-pem">
      <Field {...props} rows={5} isMono isRequired />
      <label htmlFor={file} className="gm-quiet">
        or from a file:{" "}
        <input id={file} type="file" accept=".pem,.crt,.cer,.key" onChange={(event) => void read(event)} />
      </label>
    </div>
  );
}
