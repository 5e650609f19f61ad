// SPDX-License-Identifier: Apache-2.0
/**
 * Preloaded into the process of one test (`node --import`): the module that the fault names is read with its
 * one place exchanged. Nothing on disk is touched, so a sabotaged file can never be left behind.
 */
import { register } from "node:module";

register("./loader.js", import.meta.url);
