// SPDX-License-Identifier: Apache-2.0
// What a sick host's disk does in the simulator, until it is repaired: one kind of error at a time. Bad
// sectors stay: only writing them makes them whole.
#pragma once

#include <string>
#include <vector>

#include "../native/fakes/pair.h"
#include "guest_model.h"

namespace gemel::sim {

inline void recover(fakes::Node& well, fakes::FakeWire& wire) {
  well.disk.fail = nullptr;
  well.disk.fail_list = nullptr;
  well.disk.fail_next_data = nullptr;
  well.disk.fail_look = nullptr;
  well.disk.fail_apply = nullptr;
  well.volume.fail_write = nullptr;
  well.disk.slow_down({});
  wire.bytes_per_second = 0;
}

/// Which illness it is. `files` have so many `blocks` each; all of them are drawn from `dice`.
inline std::string fall_ill(fakes::Node& ill, fakes::FakeWire& wire, fakes::Random& dice,
                            const std::vector<Fid>& files, std::uint64_t blocks) {
  const auto some = [&dice](std::uint64_t one_in) {
    return [&dice, one_in](const auto&...) { return dice.chance(one_in) ? EIO : 0; };
  };
  switch (dice.below(10)) {
    case 0:
      ill.disk.fail = [&dice](const DiskRequest& request) {
        return request.kind == DiskRequest::Kind::write && dice.chance(4) ? EIO : 0;
      };
      return "its writes fail";
    case 1:
      ill.disk.fail = [&dice](const DiskRequest& request) {
        const bool is_flush =
            request.kind == DiskRequest::Kind::flush || request.kind == DiskRequest::Kind::flush_volume;
        return is_flush && dice.chance(2) ? EIO : 0;
      };
      return "its flushes fail";
    case 2:
      for (std::uint64_t count = 1 + dice.below(8); count > 0; count--)
        ill.disk.spoil(files[dice.below(files.size())], dice.below(dice.chance(2) ? 64 : blocks));
      return "it has bad sectors";
    case 3:
      ill.disk.fail_list = some(2);
      return "its directories cannot be read";
    case 4:
      ill.disk.fail_next_data = some(4);
      return "its holes cannot be told";
    case 5:
      ill.volume.fail_write = some(3);
      return "its state cannot be written";
    case 6:
      ill.disk.fail_apply = some(3);
      return "its changes of names fail";
    case 7:
      ill.disk.slow_down({kMillisecond, 60 * kMillisecond});
      return "its disk is slow";
    case 8:
      ill.disk.fail_look = some(20);
      return "its inodes cannot be read";
    default:
      wire.bytes_per_second = 20'000'000;
      return "the link is narrow";
  }
}

}  // namespace gemel::sim
