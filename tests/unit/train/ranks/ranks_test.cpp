#include "ds/train/ranks.h"

#include <ATen/ATen.h>

#include <filesystem>
#include <stdexcept>

#include "ds/base/error.h"
#include "ranks/add_in_halves.h"
#include "ranks/failure.h"
#include "ranks/threads.h"

#include <catch2/catch.hpp>

using ds::test::on_ranks;
using Texts = std::vector<std::string>;

TEST_CASE("items are added by halves") {
  std::string order;
  Texts items = {"0", "1", "2", "3", "4"};
  ds::detail::add_in_halves(0, 5, [&](int to, int from) {
    items[static_cast<std::size_t>(to)] =
        "(" + items[static_cast<std::size_t>(to)] + "+" + items[static_cast<std::size_t>(from)] + ")";
  });
  REQUIRE(items[0] == "(((0+1)+2)+(3+4))");
}

TEST_CASE("alone, every operation returns what it was given") {
  ds::Ranks alone;
  REQUIRE(alone.alone());
  REQUIRE(alone.is_first());
  REQUIRE(alone.gather("a", "x") == Texts{"a"});
  REQUIRE(alone.broadcast("b", "x") == "b");
  auto values = at::ones({3});
  alone.sum(values, "x");
  REQUIRE(values.sum().item<float>() == 3);
  REQUIRE_THROWS_AS(alone.together("x", []() -> std::string { throw std::out_of_range("own type"); }),
                    std::out_of_range);
}

TEST_CASE("ranks gather bytes of any length, sum in one order and share rank 0's values") {
  std::vector<Texts> gathered(3);
  std::vector<at::Tensor> sums(3);
  std::vector<std::int64_t> shared(3);
  auto thrown = on_ranks(3, [&](ds::Ranks& ranks) {
    const auto own = static_cast<std::size_t>(ranks.rank());
    // Nothing, a few bytes, and more than one block.
    gathered[own] = ranks.gather(std::string(own * 5000, static_cast<char>('a' + ranks.rank())), "bytes");
    sums[own] = at::full({7}, ranks.rank() == 0 ? 1e8 : ranks.rank() == 1 ? 1.0 : -1e8, at::kFloat);
    ranks.sum(sums[own], "sum");
    auto number = at::full({1}, ranks.rank() + 5, at::kLong);
    ranks.broadcast(number, "number");
    shared[own] = number.item<std::int64_t>();
  });
  REQUIRE(thrown == Texts{"", "", ""});
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(gathered[i] == Texts{"", std::string(5000, 'b'), std::string(10'000, 'c')});
    // (1e8 + 1) - 1e8 in float32, and not 1e8 + (1 - 1e8).
    REQUIRE(at::equal(sums[i], at::zeros({7})));
    REQUIRE(shared[i] == 5);
  }
}

TEST_CASE("what fails on one rank fails on all, and they can go on") {
  Texts after(2);
  auto thrown = on_ranks(2, [&](ds::Ranks& ranks) {
    try {
      ranks.together("reading", [&]() -> std::string {
        if (ranks.rank() == 1) throw ds::DataError("a.jpg is gone", "look for it");
        return "fine";
      });
    } catch (const ds::DataError& error) {
      after[static_cast<std::size_t>(ranks.rank())] = std::string(error.what()) + "; " + error.advice();
    }
    if (ranks.broken()) throw std::logic_error("broken");  // Catch2's own checks are for one thread
    ranks.gather("", "going on");
  });
  REQUIRE(thrown == Texts{"", ""});
  REQUIRE(after == Texts{"rank 1: a.jpg is gone; look for it", "a.jpg is gone; look for it"});
}

TEST_CASE("ranks that were asked for different things say what differs") {
  auto thrown = on_ranks(2, [](ds::Ranks& ranks) {
    ranks.require_same({{"--epochs", "3"}, {"--batch", ranks.rank() == 0 ? "8" : "16"}});
  });
  const std::string expected = "the ranks differ: --batch is '8' on rank 0, --batch is '16' on rank 1";
  REQUIRE(thrown == Texts{expected, expected});
}

TEST_CASE("a rank that leaves says why, and one that just ends is named") {
  Texts advice(2);
  auto thrown = on_ranks(2, [&](ds::Ranks& ranks) {
    if (ranks.rank() == 0) {
      ds::Busy full("the disk is full", "make room");
      ranks.leave(full);
      throw full;
    }
    try {
      ranks.gather("", "a step");
    } catch (const ds::Busy& error) {
      advice[1] = error.advice();
      if (!ranks.broken()) throw std::logic_error("not broken");
      throw;
    }
  });
  REQUIRE(thrown == Texts{"the disk is full", "rank 0: the disk is full"});
  REQUIRE(advice[1] == "make room");

  thrown = on_ranks(2, [](ds::Ranks& ranks) {
    ranks.gather("", "a first step");  // until then rank 0 may not have met the other one
    if (ranks.rank() == 0) ranks.gather("", "a step");
  });
  REQUIRE(thrown[0].find("rank 1 (pid ") == 0);
  REQUIRE(thrown[0].find(" of 2 ended without a word; rank 0 noticed at a step: ") != std::string::npos);
}

TEST_CASE("ranks that are at different operations do not mix their bytes") {
  auto thrown = on_ranks(2, [](ds::Ranks& ranks) { ranks.gather("", ranks.rank() == 0 ? "this" : "that"); });
  REQUIRE(thrown[0].find("rank 0 of 2 lost the connection to the others at this: rank 1 is at 'that', rank 0 "
                         "at 'this'") == 0);
}

TEST_CASE("a meeting file that an earlier start left behind leads nowhere and is replaced") {
  ds::TemporaryFolder folder;
  ds::write_file_atomically(folder.path() / "ranks-j", "nowhere.invalid 9 0123\n");
  Texts thrown(2);
  std::vector<std::thread> threads;
  for (int rank : {1, 0})
    threads.emplace_back([&, rank] {
      try {
        ds::RankPlace place;
        place.rank = rank;
        place.size = 2;
        place.job = "j";
        ds::Ranks ranks(place, {30, 30}, folder.path());
        thrown[static_cast<std::size_t>(rank)] = ranks.broadcast("met", "x");
      } catch (const std::exception& error) {
        thrown[static_cast<std::size_t>(rank)] = error.what();
      }
    });
  for (auto& thread : threads) thread.join();
  REQUIRE(thrown == Texts{"met", "met"});
  REQUIRE(!std::filesystem::exists(folder.path() / "ranks-j"));
}

TEST_CASE("a packed failure keeps its type, message and advice") {
  REQUIRE_THROWS_AS(ds::detail::throw_failure_of(2, ds::detail::pack_failure(ds::UsageError("a"))),
                    ds::UsageError);
  REQUIRE_THROWS_AS(ds::detail::throw_failure_of(2, ds::detail::pack_failure(ds::Busy("a"))), ds::Busy);
  REQUIRE_THROWS_AS(ds::detail::throw_failure_of(2, ds::detail::pack_failure(ds::Interrupted(15))),
                    ds::Interrupted);
  REQUIRE_THROWS_WITH(
      ds::detail::throw_failure_of(2, ds::detail::pack_failure(std::runtime_error("first\nsecond"))),
      "rank 2: first");
}
