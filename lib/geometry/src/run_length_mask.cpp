#include "ds/geometry/run_length_mask.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "ds/base/error.h"

namespace ds {

namespace {

/// Walks two masks at once: `visit(length, in_a, in_b)` for each stretch in which neither changes.
template <typename Visit>
void walk(const RunLengthMask& a, const RunLengthMask& b, Visit visit) {
  if (a.height != b.height || a.width != b.width)
    throw DataError(fmt::format("masks of {} x {} and {} x {} pixels", a.width, a.height, b.width, b.height));
  std::size_t i = 0, j = 0;
  std::uint32_t left_a = 0, left_b = 0;
  while (true) {
    while (left_a == 0 && i < a.counts.size()) left_a = a.counts[i++];
    while (left_b == 0 && j < b.counts.size()) left_b = b.counts[j++];
    const auto length = std::min(left_a, left_b);
    if (length == 0) return;
    visit(length, i % 2 == 0, j % 2 == 0);  // i, j are past the run: an even number of runs ends inside
    left_a -= length;
    left_b -= length;
  }
}

}  // namespace

std::uint64_t RunLengthMask::area() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 1; i < counts.size(); i += 2) sum += counts[i];
  return sum;
}

Box RunLengthMask::bounds() const {
  if (area() == 0 || height == 0) return {};
  std::uint64_t position = 0;
  int left = width, right = 0, top = height, bottom = 0;
  for (std::size_t i = 0; i < counts.size(); position += counts[i], ++i) {
    if (i % 2 == 0 || counts[i] == 0) continue;
    auto first = position, last = position + counts[i] - 1;
    auto h = static_cast<std::uint64_t>(height);
    left = std::min(left, static_cast<int>(first / h));
    right = std::max(right, static_cast<int>(last / h) + 1);
    bool spans_columns = first / h != last / h;
    top = std::min(top, spans_columns ? 0 : static_cast<int>(first % h));
    bottom = std::max(bottom, spans_columns ? height : static_cast<int>(last % h) + 1);
  }
  return {static_cast<double>(left), static_cast<double>(top), static_cast<double>(right),
          static_cast<double>(bottom)};
}

RunLengthMask decode_run_length(std::string_view text, int height, int width) {
  RunLengthMask mask{height, width, {}};
  std::vector<std::int64_t> runs;
  std::size_t i = 0;
  while (i < text.size()) {
    std::int64_t value = 0;
    int shift = 0;
    bool more = true;
    while (more) {
      if (i == text.size()) throw DataError("the run-length text ends inside a number");
      int bits = text[i] - 48;
      if (bits < 0 || bits > 63 || shift > 60)
        throw DataError(fmt::format("'{}' at character {} is not part of a run-length text", text[i], i));
      value |= static_cast<std::int64_t>(bits & 0x1f) << shift;
      more = (bits & 0x20) != 0;
      ++i;
      shift += 5;
      if (!more && (bits & 0x10) != 0) value |= -(std::int64_t{1} << shift);
    }
    if (runs.size() > 2) value += runs[runs.size() - 2];
    if (value < 0) throw DataError(fmt::format("run {} of the run-length text is negative", runs.size()));
    runs.push_back(value);
  }
  auto sum = std::accumulate(runs.begin(), runs.end(), std::int64_t{0});
  if (sum != static_cast<std::int64_t>(height) * width)
    throw DataError(fmt::format("the runs sum to {}, but the mask is {} x {} = {}", sum, height, width,
                                static_cast<std::int64_t>(height) * width));
  for (auto run : runs) mask.counts.push_back(static_cast<std::uint32_t>(run));
  return mask;
}

RunLengthMask mask_from_runs(std::vector<std::uint32_t> runs, int height, int width) {
  const auto sum = std::accumulate(runs.begin(), runs.end(), std::uint64_t{0});
  const auto size = static_cast<std::uint64_t>(height) * static_cast<std::uint64_t>(width);
  if (height < 0 || width < 0 || sum != size)
    throw DataError(
        fmt::format("the runs sum to {}, but the mask is {} x {} = {}", sum, height, width, size));
  return {height, width, std::move(runs)};
}

std::uint64_t shared_area(const RunLengthMask& a, const RunLengthMask& b) {
  std::uint64_t area = 0;
  walk(a, b, [&](std::uint32_t length, bool in_a, bool in_b) {
    if (in_a && in_b) area += length;
  });
  return area;
}

RunLengthMask united(const RunLengthMask& a, const RunLengthMask& b) {
  RunLengthMask both{a.height, a.width, {0}};
  bool inside = false;
  walk(a, b, [&](std::uint32_t length, bool in_a, bool in_b) {
    if ((in_a || in_b) != inside) {
      inside = !inside;
      both.counts.push_back(0);
    }
    both.counts.back() += length;
  });
  return both;
}

std::string encode_run_length(const RunLengthMask& mask) {
  std::string text;
  for (std::size_t i = 0; i < mask.counts.size(); ++i) {
    std::int64_t value = mask.counts[i];
    if (i > 2) value -= mask.counts[i - 2];
    bool more = true;
    while (more) {
      int bits = static_cast<int>(value & 0x1f);
      value >>= 5;
      more = (bits & 0x10) ? value != -1 : value != 0;
      text += static_cast<char>((more ? bits | 0x20 : bits) + 48);
    }
  }
  return text;
}

}  // namespace ds
