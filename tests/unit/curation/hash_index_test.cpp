#include "ds/curation/hash_index.h"

#include <bit>
#include <set>

#include "ds/base/error.h"
#include "ds/base/random.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

using Found = std::set<std::tuple<std::size_t, std::size_t, int>>;

Found all_pairs(const std::vector<std::uint64_t>& hashes, int distance) {
  Found found;
  for (std::size_t i = 0; i < hashes.size(); ++i)
    for (std::size_t j = 0; j < hashes.size(); ++j)
      if (int bits = std::popcount(hashes[i] ^ hashes[j]); i != j && bits <= distance)
        found.emplace(i, j, bits);
  return found;
}

}  // namespace

TEST_CASE("the index finds every near hash once, as comparing all pairs does") {
  Random random(5);
  std::vector<std::uint64_t> hashes;
  for (int i = 0; i < 300; ++i) {
    auto hash = random.next();
    hashes.push_back(hash);
    for (int flips = 0; flips < 8; ++flips) hashes.push_back(hash ^= 1ULL << random.below(64));
  }
  hashes.push_back(hashes[7]);  // equal ones are near too
  hashes.push_back(0);
  hashes.push_back(~0ULL);
  for (int distance : {0, 1, 4, 7, 20}) {
    HashIndex index(hashes, distance);
    Found found;
    for (std::size_t i = 0; i < index.size(); ++i)
      index.for_each_near(i, [&](std::size_t other, int bits) {
        REQUIRE(found.emplace(i, other, bits).second);  // never twice
      });
    REQUIRE(found == all_pairs(hashes, distance));
    REQUIRE(found.size() >= 2);
  }
}

TEST_CASE("a distance that means nothing is refused") {
  REQUIRE_THROWS_WITH(HashIndex({}, 21), "the distance of two hashes is 0 to 20 here, found 21");
  REQUIRE_THROWS_WITH(HashIndex({}, -1), "the distance of two hashes is 0 to 20 here, found -1");
  REQUIRE(HashIndex({}, 3).size() == 0);
}
