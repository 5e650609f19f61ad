// SPDX-License-Identifier: Apache-2.0
// What stands between Node and the mirror: three functions and one stream of texts back (host.ts is its only
// user).
//
//   open(config, onEvent) → handle      starts the reactor's thread and everything on it
//   command(handle, command, onReply)   one reply per command, as JSON text without its id
//   close(handle)                       ends the thread; after the command "close" has been answered
//
// JavaScript's thread only takes objects apart and hands texts over; it never waits for the mirror but in
// open and close.
#include <napi.h>

#include <cmath>
#include <memory>
#include <unordered_map>

#include "base/limits.h"
#include "control/mirror.h"
#include "control/words.h"

namespace {

using gemel::Mirror;
using gemel::Words;

std::string number_text(double value) {
  const bool is_whole = std::trunc(value) == value && std::abs(value) < 9.0e15;
  return is_whole ? std::to_string(static_cast<long long>(value)) : std::to_string(value);
}

// As deep as limits::kDepth.
void flatten(const Napi::Value& value, const std::string& name, int depth, Words& into) {
  if (value.IsString()) {
    into.put(name, value.As<Napi::String>().Utf8Value());
  } else if (value.IsBoolean()) {
    into.put(name, value.As<Napi::Boolean>().Value() ? "true" : "false");
  } else if (value.IsNumber()) {
    into.put(name, number_text(value.As<Napi::Number>().DoubleValue()));
  } else if (value.IsObject() && depth < gemel::limits::kDepth) {
    const auto object = value.As<Napi::Object>();
    const Napi::Array names = object.GetPropertyNames();
    for (std::uint32_t index = 0; index < names.Length(); index++) {
      const std::string key = names.Get(index).ToString().Utf8Value();
      flatten(object.Get(key), name.empty() ? key : name + "." + key, depth + 1, into);
    }
  }
}

Words words_of(const Napi::Value& value) {
  Words words;
  flatten(value, "", 0, words);
  return words;
}

/// A text on its way to JavaScript: an event, or the reply to a command.
struct Delivery {
  std::uint64_t command;  ///< 0 = event
  std::string text;
};

class Control {
 public:
  Control(const Napi::Env& env, const Words& config, const Napi::Function& on_event)
      : on_event_(Napi::Persistent(on_event)) {
    toward_ = Napi::ThreadSafeFunction::New(env, on_event, "gemel", 0, 1);
    mirror_ = std::make_unique<Mirror>([this](std::string text) { deliver({0, std::move(text)}); });
    const std::string problem = mirror_->open(config);
    if (!problem.empty()) {
      close();
      throw Napi::Error::New(env, problem);
    }
  }
  ~Control() { close(); }
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  void command(const Napi::Env& env, Words words, const Napi::Function& on_reply) {
    if (!mirror_) throw Napi::Error::New(env, "The mirror is closed");
    const std::uint64_t number = ++last_;
    replies_.emplace(number, Napi::Persistent(on_reply));
    mirror_->command(std::move(words), [this, number](std::string text) {
      deliver({number, std::move(text)});
    });
  }

  void close() {
    if (!mirror_) return;
    mirror_.reset();
    toward_.Release();
  }

 private:
  void deliver(Delivery delivery) {
    auto* const carried = new Delivery(std::move(delivery));
    const auto status =
        toward_.NonBlockingCall(carried, [this](Napi::Env env, Napi::Function, Delivery* arrived) {
          const std::unique_ptr<Delivery> owned(arrived);
          hand_over(env, *owned);
        });
    if (status != napi_ok) delete carried;
  }

  void hand_over(const Napi::Env& env, const Delivery& delivery) {
    const auto text = Napi::String::New(env, delivery.text);
    if (delivery.command == 0) {
      on_event_.Call({text});
      return;
    }
    const auto found = replies_.find(delivery.command);
    if (found == replies_.end()) return;
    const Napi::FunctionReference reply = std::move(found->second);
    replies_.erase(found);
    reply.Call({text});
  }

  Napi::FunctionReference on_event_;
  Napi::ThreadSafeFunction toward_;
  std::unique_ptr<Mirror> mirror_;
  std::unordered_map<std::uint64_t, Napi::FunctionReference> replies_;
  std::uint64_t last_ = 0;
};

using Handle = Napi::External<Control>;

Control& control_of(const Napi::CallbackInfo& info) {
  if (info.Length() < 1 || !info[0].IsExternal())
    throw Napi::TypeError::New(info.Env(), "A handle of open() is needed");
  return *info[0].As<Handle>().Data();
}

Napi::Value open(const Napi::CallbackInfo& info) {
  if (info.Length() != 2 || !info[0].IsObject() || !info[1].IsFunction()) {
    throw Napi::TypeError::New(info.Env(), "open(config, onEvent)");
  }
  auto control = std::make_unique<Control>(info.Env(), words_of(info[0]), info[1].As<Napi::Function>());
  return Handle::New(info.Env(), control.release(), [](Napi::Env, Control* done) { delete done; });
}

void command(const Napi::CallbackInfo& info) {
  Control& control = control_of(info);
  if (info.Length() != 3 || !info[1].IsObject() || !info[2].IsFunction()) {
    throw Napi::TypeError::New(info.Env(), "command(handle, command, onReply)");
  }
  control.command(info.Env(), words_of(info[1]), info[2].As<Napi::Function>());
}

void close(const Napi::CallbackInfo& info) {
  control_of(info).close();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("open", Napi::Function::New(env, open));
  exports.Set("command", Napi::Function::New(env, command));
  exports.Set("close", Napi::Function::New(env, close));
  return exports;
}

}  // namespace

NODE_API_MODULE(gemel, init)
