// SPDX-License-Identifier: Apache-2.0
// The login. It stands at the address that was asked for, so afterwards the person is where they wanted to
// be. A refusal is told beside the field; a back-off counts down, so that nobody types in vain.

import {
  ActionGroup,
  Alert,
  Button,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextInput,
} from "@patternfly/react-core";
import { useEffect, useState, type ReactNode, type SyntheticEvent } from "react";
import { apiRoot, type Session } from "../../../core/api/contract.js";
import { durationText } from "../../../core/describe/words/words.js";
import type { ApiFailure } from "../../api.js";
import { useChange } from "../../asking.js";
import { base } from "../../paths.js";
import { Brand } from "../../parts/Brand.js";
import type { LoggedOut } from "../../session.js";

const greetings: Readonly<Record<LoggedOut, string | null>> = {
  first: null,
  ended: "Your session has ended. Log in again and you are back on the page where you were.",
  idle: "You were logged out because nobody touched the console for a while.",
  "by-person": "You are logged out.",
};

interface LoginProps {
  readonly why: LoggedOut;
  readonly onEnter: (session: Session) => void;
}

export default function Login({ why, onEnter }: LoginProps): ReactNode {
  const greeting = greetings[why];
  return (
    <main className="gm-login">
      <div className="gm-login-card">
        <div className="gm-login-brand">
          <Brand size={44} />
          <h1>Gemel</h1>
        </div>
        <p className="gm-quiet">
          Two hosts, one promise: every VM that is green survives the loss of either.
        </p>
        {greeting === null ? null : <Alert isInline isPlain variant="info" title={greeting} />}
        <LoginForm onEnter={onEnter} />
        <TrustAdvice />
      </div>
    </main>
  );
}

function LoginForm({ onEnter }: Pick<LoginProps, "onEnter">): ReactNode {
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const login = useChange("POST /login");
  const [missing, setMissing] = useState(false);
  const wait = useCountdown(login.error);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setMissing(user === "" || password === "");
    if (user === "" || password === "" || wait > 0) return;
    login.mutate([{}, { user, password }], { onSuccess: onEnter });
  };
  return (
    <Form onSubmit={submit} noValidate>
      <FormGroup label="User" fieldId="login-user" isRequired>
        <TextInput
          id="login-user"
          name="user"
          autoComplete="username"
          autoFocus
          isRequired
          value={user}
          onChange={(_event, value) => setUser(value)}
        />
        {missing && user === "" ? <Refusal sentence="Type the name of a user, such as admin." /> : null}
      </FormGroup>
      <FormGroup label="Password" fieldId="login-password" isRequired>
        <TextInput
          id="login-password"
          name="password"
          type="password"
          autoComplete="current-password"
          isRequired
          value={password}
          validated={login.isError ? "error" : "default"}
          aria-describedby="login-refusal"
          onChange={(_event, value) => setPassword(value)}
        />
        {missing && password === "" ? <Refusal sentence="Type the password." /> : null}
        {login.error === null ? null : <Refusal sentence={refusalOf(login.error, wait)} />}
      </FormGroup>
      <ActionGroup>
        <Button type="submit" isBlock isLoading={login.isPending} isDisabled={login.isPending || wait > 0}>
          {wait > 0 ? `Wait ${durationText(wait)}` : "Log in"}
        </Button>
      </ActionGroup>
    </Form>
  );
}

function Refusal({ sentence }: { readonly sentence: string }): ReactNode {
  return (
    <FormHelperText>
      <HelperText id="login-refusal" aria-live="polite">
        <HelperTextItem variant="error">{sentence}</HelperTextItem>
      </HelperText>
    </FormHelperText>
  );
}

/** The button counts the wait down. Here stands what does not change every second: it is read aloud. */
function refusalOf({ message, next, retryAfterSeconds }: ApiFailure, wait: number): string {
  if (wait > 0) return message;
  return retryAfterSeconds === null ? `${message} ${next}`.trim() : "You can try again now.";
}

/** Seconds until the API wants to hear the next attempt. */
function useCountdown(failure: ApiFailure | null): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const end = performance.now() + (failure?.retryAfterSeconds ?? 0) * 1000;
    const look = (): void => {
      setLeft(Math.max(0, Math.ceil((end - performance.now()) / 1000)));
    };
    const first = setTimeout(look);
    const timer = setInterval(look, 500);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [failure]);
  return left;
}

function TrustAdvice(): ReactNode {
  return (
    <details className="gm-login-trust">
      <summary>The browser warns about the certificate?</summary>
      <p>
        The cluster has its own certificate authority. Download{" "}
        <a href={`${base}${apiRoot}/cluster/ca`} download="gemel-ca.pem">
          gemel-ca.pem
        </a>{" "}
        and add it to the authorities that this computer trusts: once, for all nodes.
      </p>
      <ul>
        <li>Windows: open the file, install it into “Trusted Root Certification Authorities”.</li>
        <li>macOS: add it to the keychain “System” and set it to “Always Trust”.</li>
        <li>Firefox: Settings, Certificates, Authorities, Import.</li>
        <li>Linux: copy it to /usr/local/share/ca-certificates/gemel-ca.crt, run update-ca-certificates.</li>
      </ul>
      <p>
        To be sure that it is the right one, compare its SHA-256 fingerprint with the one that{" "}
        <code>gemel cert</code> prints on a host.
      </p>
    </details>
  );
}
