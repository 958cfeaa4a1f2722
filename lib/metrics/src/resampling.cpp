#include "resampling.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "truth_order.h"

namespace ds {

ResamplingGroups resampling_groups(const TruthTable& truth) {
  std::unordered_map<std::string, std::size_t> known;
  ResamplingGroups groups{std::vector<std::size_t>(truth.images.size()), 0};
  for (const auto i : images_by_id(truth)) {
    const auto& name = truth.images[static_cast<std::size_t>(i)].group;
    auto& group = groups.of_image[static_cast<std::size_t>(i)];
    if (name.empty()) {
      group = groups.count++;
      continue;
    }
    const auto [at, is_new] = known.emplace(name, groups.count);
    if (is_new) ++groups.count;
    group = at->second;
  }
  return groups;
}

void for_each_resample(int count, int threads, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex guard;
  auto run = [&] {
    try {
      for (auto i = next++; i < static_cast<std::size_t>(count); i = next++) work(i);
    } catch (...) {
      std::lock_guard lock(guard);
      if (!failure) failure = std::current_exception();
      next = static_cast<std::size_t>(count);
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int t = 1; t < threads; ++t) workers.emplace_back(run);
    run();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace ds
