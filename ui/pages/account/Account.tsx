// SPDX-License-Identifier: Apache-2.0
// One's own account: who I am and may do, my password, and how this browser calls me when there is an alarm.

import {
  ActionGroup,
  Alert,
  Button,
  Card,
  CardBody,
  CardTitle,
  Form,
  FormGroup,
  FormHelperText,
  Gallery,
  HelperText,
  HelperTextItem,
  Radio,
  Switch,
  TextInput,
} from "@patternfly/react-core";
import { useState, type ReactNode, type SyntheticEvent } from "react";
import { roleWords } from "../../../core/describe/words/words.js";
import { useChange } from "../../asking.js";
import { notify, ring } from "../../parts/alarm/calling.js";
import { useWish } from "../../parts/alarm/wishes.js";
import { Page } from "../../parts/Page.js";
import { useSession } from "../../session.js";
import { useTheme, type Theme } from "../../theme.js";

export default function Account(): ReactNode {
  const { user, role, node } = useSession();
  const { label, sentence } = roleWords[role];
  return (
    <Page title="Account" lead={`${user} · ${label} · logged in on ${node}. ${sentence}`}>
      <Gallery hasGutter minWidths={{ default: "min(100%, 24rem)" }}>
        <PasswordCard />
        <AlarmCard />
        <ThemeCard />
      </Gallery>
    </Page>
  );
}

function PasswordCard(): ReactNode {
  const [old, setOld] = useState("");
  const [wanted, setWanted] = useState("");
  const [again, setAgain] = useState("");
  const [isDifferent, setDifferent] = useState(false);
  const change = useChange("POST /session/password");
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setDifferent(wanted !== again);
    if (wanted !== again) return;
    const forget = (): void => [setOld, setWanted, setAgain].forEach((set) => set(""));
    change.mutate([{}, { old, new: wanted }], { onSuccess: forget });
  };
  const { error } = change;
  // The API names the field that it refuses; what it does not name stands below the first one.
  const refused = error === null ? null : `${error.message} ${error.next}`;
  const isNew = error?.where.includes("new") === true;
  return (
    <Card>
      <CardTitle component="h2">Password</CardTitle>
      <CardBody>
        <Form onSubmit={submit} noValidate>
          <PasswordField
            id="old"
            label="Present password"
            value={old}
            onType={setOld}
            wrong={isNew ? null : refused}
          />
          <PasswordField
            id="new"
            label="New password"
            value={wanted}
            onType={setWanted}
            wrong={isNew ? refused : null}
          />
          <PasswordField
            id="again"
            label="New password again"
            value={again}
            onType={setAgain}
            wrong={isDifferent ? "Both must be the same." : null}
          />
          {change.isSuccess ? <Alert isInline variant="success" title={change.data.sentence} /> : null}
          <ActionGroup>
            <Button
              type="submit"
              variant="secondary"
              isLoading={change.isPending}
              isDisabled={change.isPending}
            >
              Change the password
            </Button>
          </ActionGroup>
        </Form>
      </CardBody>
    </Card>
  );
}

function PasswordField({
  id,
  label,
  value,
  onType,
  wrong,
}: {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly onType: (value: string) => void;
  readonly wrong: string | null;
}): ReactNode {
  return (
    <FormGroup label={label} fieldId={`password-${id}`} isRequired>
      <TextInput
        id={`password-${id}`}
        type="password"
        isRequired
        autoComplete={id === "old" ? "current-password" : "new-password"}
        value={value}
        validated={wrong === null ? "default" : "error"}
        onChange={(_event, typed) => onType(typed)}
      />
      {wrong === null ? null : (
        <FormHelperText>
          <HelperText>
            <HelperTextItem variant="error">{wrong}</HelperTextItem>
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  );
}

function AlarmCard(): ReactNode {
  const [hasSound, setSound] = useWish("sound");
  const [hasNotification, setNotification] = useWish("notification");
  const [isRefused, setRefused] = useState(false);
  const wishNotification = async (isOn: boolean): Promise<void> => {
    if (isOn && "Notification" in window) await Notification.requestPermission();
    const isShown = isOn && notify("An alarm looks like this.", "It says what to do next.", "gemel-sample");
    setRefused(isOn && !isShown);
    setNotification(isShown);
  };
  return (
    <Card>
      <CardTitle component="h2">When there is an alarm</CardTitle>
      <CardBody>
        <Form>
          <Switch
            id="alarm-sound"
            label="Play a sound until somebody has acknowledged"
            isChecked={hasSound}
            onChange={(_event, isOn) => {
              setSound(isOn);
              if (isOn) ring();
            }}
          />
          <Switch
            id="alarm-notification"
            label="Show a notification of the browser"
            isChecked={hasNotification}
            onChange={(_event, isOn) => void wishNotification(isOn)}
          />
          {isRefused ? (
            <Alert
              isInline
              variant="warning"
              role="status"
              title="The browser does not allow notifications of this page."
            >
              Allow them in the browser&rsquo;s settings for this address.
            </Alert>
          ) : null}
          <p className="gm-quiet">
            Kept in this browser only. The tab&rsquo;s title and icon always show alarms.
          </p>
        </Form>
      </CardBody>
    </Card>
  );
}

const themes: Readonly<Record<Theme, string>> = {
  system: "As the system says",
  light: "Light",
  dark: "Dark",
};

function ThemeCard(): ReactNode {
  const [theme, choose] = useTheme();
  return (
    <Card>
      <CardTitle component="h2">Theme</CardTitle>
      <CardBody>
        <Form>
          <FormGroup role="radiogroup" fieldId="theme" label="Colours">
            {(Object.keys(themes) as Theme[]).map((name) => (
              <Radio
                key={name}
                id={`theme-${name}`}
                name="theme"
                label={themes[name]}
                isChecked={theme === name}
                onChange={() => choose(name)}
              />
            ))}
          </FormGroup>
        </Form>
      </CardBody>
    </Card>
  );
}
