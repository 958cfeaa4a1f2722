#include "ds/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "ds/base/stop.h"

namespace ds {

void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& work) {
  // Neighbours go to one thread: files named one after the other often lie so on the disk.
  constexpr std::size_t kBatch = 16;
  if (threads <= 0) threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr first;
  std::mutex mutex;
  auto run = [&] {
    try {
      for (std::size_t start; (start = next.fetch_add(kBatch)) < count;) {
        for (std::size_t i = start; i < std::min(count, start + kBatch); ++i) {
          if (failed || stop_signal() != 0) return;
          work(i);
        }
      }
    } catch (...) {
      std::lock_guard lock(mutex);
      if (!failed.exchange(true)) first = std::current_exception();
    }
  };
  auto wanted = std::min(static_cast<std::size_t>(threads), (count + kBatch - 1) / kBatch);
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < wanted; ++i) others.emplace_back(run);
  run();
  for (auto& thread : others) thread.join();
  if (first) std::rethrow_exception(first);
  throw_if_stopped();
}

void for_each_index(std::size_t count, int threads, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::size_t failed_at = count;
  std::mutex guard;
  auto run = [&] {
    for (auto i = next++; i < count && stop_signal() == 0; i = next++) {
      try {
        work(i);
      } catch (...) {
        std::lock_guard lock(guard);
        next = count;
        if (i > failed_at) continue;
        failed_at = i;
        failure = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int t = 1; t < threads && static_cast<std::size_t>(t) < count; ++t) workers.emplace_back(run);
    run();
  }
  if (failure) std::rethrow_exception(failure);
  throw_if_stopped();
}

}  // namespace ds
