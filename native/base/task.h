// SPDX-License-Identifier: Apache-2.0
// Coroutines of the reactor. A guest's write is one straight function with `co_await` where it waits (for a
// lock, the disk, the peer); nothing here is thread-safe because one thread runs everything. Frames come from
// a pool of size classes, so that a write allocates nothing from the heap once the pool is warm (R34).
//
// Task<T>   lazy: starts when awaited, resumes its awaiter by symmetric transfer.
// spawn()   starts a Task<void> that nobody awaits.
// Event     level-triggered: wait() continues at once when set.
// Keep arguments of awaited calls in named locals: GCC 12 destroys some temporaries of co_await expressions
// twice.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "check.h"

namespace gemel {

/// Free lists for coroutine frames: 256-byte classes up to 8 KiB, larger ones go to the heap.
class FramePool {
 public:
  static void* take(std::size_t bytes) {
    const std::size_t slot = (bytes + kStep - 1) / kStep;
    if (slot >= kSlots) return std::malloc(bytes);
    auto& list = lists()[slot];
    if (list.empty()) return std::malloc(slot * kStep);
    void* frame = list.back();
    list.pop_back();
    return frame;
  }
  static void give(void* frame, std::size_t bytes) {
    const std::size_t slot = (bytes + kStep - 1) / kStep;
    if (slot >= kSlots) {
      std::free(frame);
    } else {
      lists()[slot].push_back(frame);
    }
  }

 private:
  static constexpr std::size_t kStep = 256;
#if defined(__SANITIZE_ADDRESS__)
  static constexpr std::size_t kSlots = 1;  // every frame from the heap, so that a use after its end is seen
#else
  static constexpr std::size_t kSlots = 33;
#endif
  static std::array<std::vector<void*>, kSlots>& lists() {
    thread_local std::array<std::vector<void*>, kSlots> lists;
    return lists;
  }
};

template <class T>
class Task;

namespace task_detail {

struct FinalAwaiter {
  bool await_ready() noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) noexcept {
    const auto next = done.promise().continuation;
    return next ? next : std::noop_coroutine();
  }
  void await_resume() noexcept {}
};

struct PromiseBase {
  std::coroutine_handle<> continuation;
  static void* operator new(std::size_t bytes) { return FramePool::take(bytes); }
  static void operator delete(void* frame, std::size_t bytes) { FramePool::give(frame, bytes); }
  std::suspend_always initial_suspend() noexcept { return {}; }
  FinalAwaiter final_suspend() noexcept { return {}; }
  /// Nothing in the engine throws across a co_await: an exception here is a bug.
  [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  void return_value(T result) { value.emplace(std::move(result)); }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() {}
};

}  // namespace task_detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = task_detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
    check(handle_ && !handle_.promise().continuation, "a task is awaited once");
    handle_.promise().continuation = awaiter;
    return handle_;
  }
  T await_resume() {
    check(handle_.done(), "a task is resumed by its own end");
    if constexpr (!std::is_void_v<T>) return std::move(*handle_.promise().value);
  }

 private:
  Handle handle_;
};

template <class T>
Task<T> task_detail::Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> task_detail::Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

namespace task_detail {
struct Detached {
  struct promise_type {
    static void* operator new(std::size_t bytes) { return FramePool::take(bytes); }
    static void operator delete(void* frame, std::size_t bytes) { FramePool::give(frame, bytes); }
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
  };
};
inline Detached run_detached(Task<void> task) {
  co_await task;
}
}  // namespace task_detail

/// Runs `task` now, until its first wait; it frees itself at its end.
inline void spawn(Task<void> task) {
  task_detail::run_detached(std::move(task));
}

/// Level-triggered event. set() resumes every waiter, in the order in which they came.
class Event {
 public:
  bool is_set() const { return set_; }
  void set() {
    set_ = true;
    auto waiters = std::exchange(waiters_, {});
    for (auto waiter : waiters) waiter.resume();
  }
  void reset() { set_ = false; }
  auto wait() {
    struct Awaiter {
      Event& event;
      bool await_ready() const noexcept { return event.set_; }
      void await_suspend(std::coroutine_handle<> waiter) { event.waiters_.push_back(waiter); }
      void await_resume() noexcept {}
    };
    return Awaiter{*this};
  }

 private:
  bool set_ = false;
  std::vector<std::coroutine_handle<>> waiters_;
};

}  // namespace gemel
