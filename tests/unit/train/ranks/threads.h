#pragma once

#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "ds/base/files.h"
#include "ds/train/ranks.h"

namespace ds::test {

/// Runs `work` on so many ranks, each a thread of this process that meets the others by a file; returns what
/// each threw ("" when nothing).
inline std::vector<std::string> on_ranks(int size, const std::function<void(Ranks&)>& work) {
  TemporaryFolder folder;
  std::vector<std::string> thrown(static_cast<std::size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank)
    threads.emplace_back([&, rank] {
      try {
        RankPlace place;
        place.rank = rank;
        place.size = size;
        place.job = "threads";
        Ranks ranks(place, {20, 20}, folder.path());
        work(ranks);
      } catch (const std::exception& error) {
        thrown[static_cast<std::size_t>(rank)] = error.what();
      }
    });
  for (auto& thread : threads) thread.join();
  return thrown;
}

}  // namespace ds::test
