// SPDX-License-Identifier: Apache-2.0
// An own certificate for the console of the answering host: both parts as PEM, pasted or read from a file.
// The daemon judges them, and says beside which field what is wrong; the key never leaves that host again.

import { Button, Form, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useId, useState, type ChangeEvent, type ReactNode } from "react";
import type { CertificateView } from "../../../core/api/contract.js";
import { useChange } from "../../asking.js";
import { FailureAlert } from "../../parts/FailureAlert.js";
import { Field, leftOver, type FieldProps } from "../../parts/form/Field.js";
import { certificatesPath } from "./paths.js";

const fileBytesMax = 256 * 1024;

export function OwnCertificate({
  self,
  onDone,
}: {
  readonly self: string;
  readonly onDone: () => void;
}): ReactNode {
  const [certificate, setCertificate] = useState("");
  const [privateKey, setPrivateKey] = useState("");
  const change = useChange<readonly CertificateView[]>([certificatesPath]);
  const send = (): void => {
    const body = { certificate, privateKey };
    change.mutate({ method: "PUT", path: "/certificates/console", body }, { onSuccess: onDone });
  };
  const rest = leftOver(change.error, ["certificate", "privateKey"]);
  return (
    <>
      <ModalHeader
        labelId="own-certificate"
        title="Own certificate for the console"
        description={`Browsers see it on ${self}. Between the hosts the cluster's own ones stay in use.`}
      />
      <ModalBody>
        <Form
          id="own-certificate-form"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <PemField
            id="own-certificate-pem"
            name="certificate"
            label="Certificate (PEM), its chain below it"
            value={certificate}
            onChange={setCertificate}
            failure={change.error}
            placeholder="-----BEGIN CERTIFICATE-----"
          />
          <PemField
            id="own-certificate-key"
            name="privateKey"
            label="Private key (PEM), without pass phrase"
            value={privateKey}
            onChange={setPrivateKey}
            failure={change.error}
            placeholder="-----BEGIN PRIVATE KEY-----"
            help={`It stays on ${self}, readable by root only.`}
          />
          {rest !== null && <FailureAlert failure={rest} what="It was not installed" />}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form="own-certificate-form"
          isLoading={change.isPending}
          isDisabled={change.isPending}
        >
          Install
        </Button>
        <Button variant="link" onClick={onDone}>
          Cancel
        </Button>
      </ModalFooter>
    </>
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
