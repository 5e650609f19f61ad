// SPDX-License-Identifier: Apache-2.0
// MirrorConfig of native/index.ts, checked: what a mirror process must know before it touches anything.
#pragma once

#include <string>
#include <vector>

#include "../engine/ports.h"
#include "../store/identity.h"
#include "../wire/link.h"
#include "words.h"

namespace gemel {

struct Settings {
  EngineConfig engine;
  LinkConfig link;
  std::string root;
  std::string state;
  bool has_tls = false;  ///< absent only for benchmarks
  TlsFiles tls;
  Known known = Known::never;
  std::string known_file_system;

  /// False with `problem`: a sentence that names the setting.
  bool read(const Words& words, std::string& problem);
};

}  // namespace gemel
