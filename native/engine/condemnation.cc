// SPDX-License-Identifier: Apache-2.0
#include "condemnation.h"

namespace gemel {

void Condemnation::condemn(const std::string& why, Fid fid, Range range, Cure cure) {
  if (cure == Cure::filled) cure_ = cure;
  if (why_.empty()) why_ = why;
  if (range.length == kWholeFile) {
    tracking_.mark_whole(fid);
  } else if (range.length > 0) {
    tracking_.mark(fid, range);
  }
  again_ = true;
  if (std::exchange(writing_, true)) return;
  spawn(write());
}

Task<void> Condemnation::write() {
  while (std::exchange(again_, false)) {
    int result = co_await tracking_.persist();
    // A copy that runs alone is the only one there is; a half-filled one is less than outdated already.
    if (result == 0 && is_in_force() && record_.now().right == Right::paired)
      result = co_await record_.become_outdated(record_.now().generation);
    if (result == 0 && is_in_force() && !record_.now().suspect) result = co_await record_.become_suspect();
    if (result != 0)
      reports_.trouble({"state-write-failed", "The record beside the data could not be written.",
                        "Check the file system that holds the module."});
  }
  writing_ = false;
  written_.set();
  reports_.changed();
}

Task<void> Condemnation::written() {
  while (writing_) {
    written_.reset();
    co_await written_.wait();
  }
}

}  // namespace gemel
