// SPDX-License-Identifier: Apache-2.0
// The icons that describe/words names, and only those: a name that is missing here shows a question mark
// and is found by the test of words.

import ArrowAltCircleDownIcon from "@patternfly/react-icons/dist/esm/icons/arrow-alt-circle-down-icon";
import ArrowAltCircleUpIcon from "@patternfly/react-icons/dist/esm/icons/arrow-alt-circle-up-icon";
import BalanceScaleIcon from "@patternfly/react-icons/dist/esm/icons/balance-scale-icon";
import BanIcon from "@patternfly/react-icons/dist/esm/icons/ban-icon";
import BellSlashIcon from "@patternfly/react-icons/dist/esm/icons/bell-slash-icon";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import ExchangeAltIcon from "@patternfly/react-icons/dist/esm/icons/exchange-alt-icon";
import ExclamationCircleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import InProgressIcon from "@patternfly/react-icons/dist/esm/icons/in-progress-icon";
import OffIcon from "@patternfly/react-icons/dist/esm/icons/off-icon";
import PauseCircleIcon from "@patternfly/react-icons/dist/esm/icons/pause-circle-icon";
import PlayCircleIcon from "@patternfly/react-icons/dist/esm/icons/play-circle-icon";
import PlayIcon from "@patternfly/react-icons/dist/esm/icons/play-icon";
import QuestionCircleIcon from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import RedoIcon from "@patternfly/react-icons/dist/esm/icons/redo-icon";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import ShieldAltIcon from "@patternfly/react-icons/dist/esm/icons/shield-alt-icon";
import StopIcon from "@patternfly/react-icons/dist/esm/icons/stop-icon";
import SyncAltIcon from "@patternfly/react-icons/dist/esm/icons/sync-alt-icon";
import type { ComponentType, ReactNode } from "react";

const icons: Readonly<Record<string, ComponentType | undefined>> = {
  ArrowAltCircleDownIcon,
  ArrowAltCircleUpIcon,
  BalanceScaleIcon,
  BanIcon,
  BellSlashIcon,
  CheckCircleIcon,
  ExchangeAltIcon,
  ExclamationCircleIcon,
  ExclamationTriangleIcon,
  InProgressIcon,
  OffIcon,
  PauseCircleIcon,
  PlayCircleIcon,
  PlayIcon,
  QuestionCircleIcon,
  RedoIcon,
  SearchIcon,
  ShieldAltIcon,
  StopIcon,
  SyncAltIcon,
};

export function WordIcon({ name }: { readonly name: string }): ReactNode {
  const Icon = icons[name] ?? QuestionCircleIcon;
  return <Icon />;
}
