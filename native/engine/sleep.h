// SPDX-License-Identifier: Apache-2.0
// A pause of the clock's time. Never part of a decision: only of looking again, and of throttles.
#pragma once

#include "../base/env.h"

namespace gemel {

class Sleep final : public IoAwait {
 public:
  Sleep(Clock& clock, Nanos span) : clock_(clock), span_(span) {}

 protected:
  void start() override {
    clock_.after(span_, [this] { complete(0); });
  }

 private:
  Clock& clock_;
  Nanos span_;
};

}  // namespace gemel
