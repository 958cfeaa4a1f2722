#include "ds/base/parallel.h"

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

TEST_CASE("every index is worked on once, one at a time or in batches") {
  for (const auto loop : {ds::parallel_for, ds::for_each_index})
    for (const int threads : {1, 2, 5}) {
      std::vector<std::atomic<int>> times(100);
      loop(times.size(), threads, [&](std::size_t i) { ++times[i]; });
      for (const auto& count : times) REQUIRE(count == 1);
      loop(0, threads, [](std::size_t) { throw std::logic_error("there is no index"); });
    }
}

TEST_CASE("of several failures the smallest index's is thrown, at any number of threads") {
  for (const int threads : {1, 2, 5}) {
    std::string thrown;
    try {
      ds::for_each_index(50, threads, [](std::size_t i) {
        if (i == 20 || i > 30) throw std::runtime_error(std::to_string(i));
      });
    } catch (const std::runtime_error& error) {
      thrown = error.what();
    }
    REQUIRE(thrown == "20");
  }
}
