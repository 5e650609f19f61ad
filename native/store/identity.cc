// SPDX-License-Identifier: Apache-2.0
#include "identity.h"

#include <array>

#include "../base/check.h"

namespace gemel {
namespace {

using Kind = Judgement::Kind;
using Found = Superblock::Found;

/// What a row asks of one witness; `any` is a don't-care.
enum class Is : std::uint8_t { no, yes, any };

bool fits(Is wanted, bool found) {
  return wanted == Is::any || (wanted == Is::yes) == found;
}

/// The inputs of the table, worked out of the witnesses. Impossible combinations (a matching record without a
/// record) are excluded by how they are worked out.
struct Inputs {
  bool usable;  ///< the root exists, is no mount point, and lies with its state on one file system that lasts
  bool readable;     ///< nothing of a later format
  bool remembered;   ///< the daemon knows that this node has a copy
  bool same_volume;  ///< … on the file system that is there now
  bool record;       ///< a superblock that can be read
  bool damaged;      ///< a superblock that cannot
  bool mark;         ///< the root names a copy
  bool agree;        ///< record, mark, configuration and file system name each other
  bool files;        ///< the root holds something
};

Inputs inputs_of(const Witnesses& w) {
  const bool is_record = w.superblock == Found::valid;
  const bool is_agreed = is_record && w.mark.has_value() && w.mark->copy_uuid == w.record.copy_uuid &&
                         w.mark->module_uuid == w.record.module_uuid &&
                         w.record.module_uuid == w.module_uuid &&
                         w.mark->file_system == w.record.file_system && w.record.file_system == w.file_system;
  return {w.root_exists && !w.root_is_mount_point && w.same_file_system && !w.file_system.empty(),
          w.superblock != Found::newer_format,
          w.known == Known::initialised,
          w.known == Known::initialised && w.known_file_system == w.file_system,
          is_record,
          w.superblock == Found::damaged,
          w.mark.has_value(),
          is_agreed,
          w.root_has_files};
}

struct Row {
  char letter;
  Is usable, readable, remembered, same_volume, record, damaged, mark, agree, files;
  Kind kind;
  const char* code;
  const char* message;
  const char* next;
};

constexpr Is N = Is::no;
constexpr Is Y = Is::yes;
constexpr Is o = Is::any;

constexpr const char* kMountIt =
    "Mount the volume that holds this module's files, then start the module again. If the copy is lost for "
    "good, "
    "run gemel resolve with the other node as the one to keep.";
constexpr const char* kAsk = "Compare by hand which files are the good ones, then run gemel resolve.";

// clang-format off
//            usable readable remembered same_volume record damaged mark agree files
constexpr std::array<Row, 14> kRows{{
    {'a',     Y,     Y,       Y,         Y,          Y,     N,      Y,   Y,    o,    Kind::there, "", "the files, their state and this node's memory name each other", ""},
    {'b',     Y,     Y,       N,         N,          Y,     N,      Y,   Y,    o,    Kind::there, "", "files and state name each other; this node had no memory of them", ""},
    {'c',     Y,     Y,       Y,         N,          o,     o,      o,   o,    o,    Kind::not_there, "file-system-changed", "the directory is on another file system than this copy was", kMountIt},
    {'d',     Y,     Y,       Y,         Y,          N,     N,      N,   N,    o,    Kind::not_there, "volume-not-mounted", "this node has a copy, but neither its files nor their state are here", kMountIt},
    {'e',     Y,     Y,       Y,         Y,          N,     N,      Y,   N,    o,    Kind::not_there, "state-missing", "the files are here, but the state beside them is gone", kAsk},
    {'f',     Y,     Y,       Y,         Y,          Y,     N,      o,   N,    o,    Kind::not_there, "identity-mismatch", "files and state are not of one copy, or not of this module", kAsk},
    {'g',     Y,     Y,       Y,         Y,          N,     Y,      o,   N,    o,    Kind::not_there, "state-damaged", "the superblock cannot be read", kAsk},
    {'l',     Y,     Y,       N,         N,          N,     N,      Y,   N,    o,    Kind::not_there, "identity-mismatch", "the directory bears the mark of a copy whose state is not here", kAsk},
    {'m',     Y,     Y,       N,         N,          Y,     N,      o,   N,    o,    Kind::not_there, "identity-mismatch", "files or state of another copy or another module lie here", kAsk},
    {'n',     Y,     Y,       N,         N,          N,     Y,      o,   N,    o,    Kind::not_there, "state-damaged", "the superblock cannot be read", kAsk},
    {'h',     Y,     Y,       N,         N,          N,     N,      N,   N,    N,    Kind::empty, "", "nothing was ever here", ""},
    {'i',     Y,     Y,       N,         N,          N,     N,      N,   N,    Y,    Kind::unknown, "files-without-state", "there are files, but nothing says whose they are", "Make the node with the good files primary (gemel prim), or empty the directory."},
    {'j',     o,     N,       o,         o,          N,     N,      o,   N,    o,    Kind::refused, "newer-format", "the state was written by a later version of Gemel", "Install that version again; nothing has been changed."},
    {'k',     N,     Y,       o,         o,          o,     o,      o,   o,    o,    Kind::refused, "place-unusable", "", ""},
}};
// clang-format on

bool meets(const Row& row, const Inputs& in) {
  return fits(row.usable, in.usable) && fits(row.readable, in.readable) &&
         fits(row.remembered, in.remembered) && fits(row.same_volume, in.same_volume) &&
         fits(row.record, in.record) && fits(row.damaged, in.damaged) && fits(row.mark, in.mark) &&
         fits(row.agree, in.agree) && fits(row.files, in.files);
}

/// Why a place cannot be used at all, most telling reason first.
void explain_place(const Witnesses& w, Judgement& out) {
  if (!w.root_exists) {
    // A folder that is remembered and missing is the volume that was not mounted, not a wrong configuration.
    const bool is_missed = w.known == Known::initialised;
    out.kind = is_missed ? Kind::not_there : Kind::refused;
    out.code = is_missed ? "volume-not-mounted" : "root-missing";
    out.message = "the module's directory does not exist";
    out.next = is_missed ? kMountIt : "Create the directory, or correct its path in userconfig.xml.";
  } else if (w.root_is_mount_point) {
    out.code = "root-is-mount-point";
    out.message = "the module's directory is itself a mount point: its state could not lie beside it";
    out.next = "Use a directory below the mount point.";
  } else if (!w.same_file_system) {
    out.code = "state-elsewhere";
    out.message = "files and state lie on different file systems";
    out.next = "Put the state directory beside the module's directory.";
  } else {
    out.code = "no-lasting-file-system";
    out.message = "this file system has no identity that lasts (tmpfs and network file systems have none)";
    out.next = "Use a directory on ext4, xfs or btrfs.";
  }
}

}  // namespace

Judgement judge(const Witnesses& witnesses) {
  const Inputs inputs = inputs_of(witnesses);
  const Row* met = nullptr;
  for (const Row& row : kRows) {
    if (!meets(row, inputs)) continue;
    check(met == nullptr, "no copy meets two rows of the identity table");
    met = &row;
  }
  check(met != nullptr, "every copy meets a row of the identity table");
  Judgement judgement{met->kind, met->letter, met->code, met->message, met->next};
  if (met->letter == 'k') explain_place(witnesses, judgement);
  return judgement;
}

}  // namespace gemel
