// SPDX-License-Identifier: Apache-2.0
// How a copy stands, in the words that its superblock keeps and that its hello says (docs/rules.md).
// Here because store and wire both speak them and neither knows the other.
#pragma once

#include "fields.h"

namespace gemel {

enum class CopyState : std::uint8_t { absent = 0, empty = 1, unknown = 2, inconsistent = 3, consistent = 4 };
/// Whether its guest may be running, and on what right.
enum class Running : std::uint8_t { no = 0, frozen = 1, granted = 2 };
/// What the last durable record says about running alone (R10, R19, R20, R22).
enum class Right : std::uint8_t { none = 0, paired = 1, alone = 2, outdated = 3, gave_up = 4 };

template <>
struct EnumRange<CopyState> {
  static constexpr CopyState first = CopyState::absent, last = CopyState::consistent;
};
template <>
struct EnumRange<Running> {
  static constexpr Running first = Running::no, last = Running::granted;
};
template <>
struct EnumRange<Right> {
  static constexpr Right first = Right::none, last = Right::gave_up;
};

}  // namespace gemel
