// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include "../base/limits.h"

namespace gemel {

namespace {

bool read_addresses(const Words& words, const std::string& name, std::vector<LinkAddress>& out) {
  for (std::size_t index = 0; index < limits::kAddresses; index++) {
    const std::string place = name + "." + std::to_string(index);
    if (!words.has(place)) return true;
    const auto port = words.number(place + ".port");
    if (!port || *port == 0 || *port > 0xFFFF || words.text(place + ".address").empty()) return false;
    out.push_back({words.text(place + ".address"), static_cast<std::uint16_t>(*port)});
  }
  return false;
}

bool read_limit(const Words& words, const char* name, Nanos& out) {
  const auto milliseconds = words.number(name);
  if (!milliseconds || *milliseconds > 3'600'000) return false;
  out = static_cast<Nanos>(*milliseconds) * kMillisecond;
  return true;
}

bool read_known(const Words& words, Settings& out) {
  const std::string kind = words.text("known.kind");
  out.known_file_system = words.text("known.fileSystem");
  if (kind == "never") out.known = Known::never;
  if (kind == "set-aside") out.known = Known::set_aside;
  if (kind == "initialised") out.known = Known::initialised;
  return kind == "never" || kind == "set-aside" || kind == "initialised";
}

}  // namespace

bool Settings::read(const Words& words, std::string& problem) {
  const auto need = [&](const char* name, std::string& out) {
    out = words.text(name);
    if (out.empty() && problem.empty()) problem = std::string("the setting \"") + name + "\" is missing";
  };
  need("module", engine.module);
  need("moduleUuid", engine.module_uuid);
  need("cluster", engine.cluster);
  need("node", engine.node);
  need("peerNode", engine.peer_node);
  need("root", root);
  need("state", state);
  if (!problem.empty()) return false;
  const auto insist = [&](bool holds, const char* name) {
    if (!holds && problem.empty()) problem = std::string("the setting \"") + name + "\" cannot be used";
  };
  insist(root.starts_with('/') && root.size() > 1 && !root.ends_with('/'), "root");
  insist(state.starts_with('/'), "state");
  insist(engine.node != engine.peer_node, "peerNode");
  const std::string acknowledge = words.text("acknowledge");
  insist(acknowledge == "written" || acknowledge == "received", "acknowledge");
  engine.acknowledge = acknowledge == "received" ? Acknowledge::received : Acknowledge::written;
  insist(read_limit(words, "limits.stallMs", engine.limits.stall), "limits.stallMs");
  insist(read_limit(words, "limits.freezeDeadlineMs", engine.limits.freeze_deadline),
         "limits.freezeDeadlineMs");
  insist(read_addresses(words, "listen", link.listen), "listen");
  insist(read_addresses(words, "peer", link.peer), "peer");
  insist(read_known(words, *this), "known");
  const auto cap = words.number("resyncCap");
  insist(cap.has_value(), "resyncCap");
  engine.reintegration_cap = cap.value_or(0);
  has_tls = words.has("tls");
  tls = {words.text("tls.ca"), words.text("tls.cert"), words.text("tls.key")};
  link.module_uuid = engine.module_uuid;
  link.node = engine.node;
  link.peer_node = engine.peer_node;
  return problem.empty();
}

}  // namespace gemel
