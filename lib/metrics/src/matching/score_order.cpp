#include "matching/score_order.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace ds::detail {

namespace {

/// Sorting by comparisons is faster up to about here.
constexpr std::size_t kFewMatches = 256;
constexpr int kDigits = 8;

struct Key {
  std::uint64_t bits;  // rises as the score falls
  std::int32_t position;
};

/// The order of doubles is that of their bits, but for the sign; -0 is 0.
std::uint64_t falling_bits(double score) {
  const auto bits = std::bit_cast<std::uint64_t>(score + 0.0);
  constexpr auto kSign = std::uint64_t{1} << 63;
  return bits & kSign ? bits : ~(bits | kSign);
}

std::size_t digit_of(std::uint64_t bits, int digit) {
  return bits >> (8 * digit) & 0xff;
}

/// A radix sort from the lowest byte; bytes that are equal in all keys, most of those of short decimal
/// fractions' upper half, take no pass.
void radix_sort(std::vector<Key>& keys) {
  std::array<std::array<std::uint32_t, 256>, kDigits> counts{};
  for (const auto& key : keys)
    for (int d = 0; d < kDigits; ++d) ++counts[static_cast<std::size_t>(d)][digit_of(key.bits, d)];
  std::vector<Key> other(keys.size());
  for (int d = 0; d < kDigits; ++d) {
    auto& count = counts[static_cast<std::size_t>(d)];
    if (count[digit_of(keys.front().bits, d)] == keys.size()) continue;
    std::uint32_t start = 0;
    for (auto& c : count) start += std::exchange(c, start);
    for (const auto& key : keys) other[count[digit_of(key.bits, d)]++] = key;
    keys.swap(other);
  }
}

}  // namespace

std::vector<std::int32_t> by_falling_score(std::span<const Match> matches) {
  std::vector<Key> keys(matches.size());
  for (std::size_t i = 0; i < matches.size(); ++i)
    keys[i] = {falling_bits(matches[i].score), static_cast<std::int32_t>(i)};
  if (keys.size() > kFewMatches)
    radix_sort(keys);
  else
    std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
      return a.bits != b.bits ? a.bits < b.bits : a.position < b.position;
    });
  std::vector<std::int32_t> order(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) order[i] = keys[i].position;
  return order;
}

}  // namespace ds::detail
