// SPDX-License-Identifier: Apache-2.0
// A change of names or attributes, as both sides of a pair carry it out: on the wire, as a value, and what it
// locks.
#pragma once

#include "../base/env.h"
#include "../wire/codec.h"
#include "range_locks.h"

namespace gemel {

/// The change on the wire and as a value.
wire::Change to_wire(const NameChange& change);
NameChange from_wire(const wire::Change& change);
/// The locks that a change of names or attributes takes: its directories, its file, and the file that loses
/// the name (R6).
void add_locks(Hold& hold, Disk& disk, const NameChange& change);

}  // namespace gemel
