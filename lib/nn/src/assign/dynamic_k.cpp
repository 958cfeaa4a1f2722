#include "assign/dynamic_k.h"

#include <algorithm>
#include <functional>

namespace ds::detail {
namespace {

/// How many anchors an object gets.
std::size_t dynamic_k(const float* ious, std::size_t count, int candidates) {
  std::vector<float> best(ious, ious + count);
  auto top = std::min(count, static_cast<std::size_t>(candidates));
  std::partial_sort(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(top), best.end(),
                    std::greater<>());
  float sum = 0;
  for (std::size_t i = 0; i < top; ++i) sum += best[i];
  return std::max<std::size_t>(1, static_cast<std::size_t>(sum));
}

/// The row with the lowest cost in a column.
std::size_t cheapest_object(const PairTable& table, std::size_t column) {
  std::size_t chosen = 0;
  for (std::size_t o = 1; o < table.objects; ++o)
    if (table.cost[o * table.candidates + column] < table.cost[chosen * table.candidates + column])
      chosen = o;
  return chosen;
}

}  // namespace

std::vector<Assignment> match_dynamic_k(const PairTable& table, const std::vector<int>& anchors, int top) {
  std::vector<int> wanted_by(table.candidates, 0);
  std::vector<std::size_t> owner(table.candidates, 0);
  std::vector<std::size_t> order;
  for (std::size_t o = 0; o < table.objects; ++o) {
    const float* cost = table.cost.data() + o * table.candidates;
    order.clear();
    for (std::size_t c = 0; c < table.candidates; ++c)
      if (cost[c] < kUnreachable) order.push_back(c);
    auto k =
        std::min(order.size(), dynamic_k(table.iou.data() + o * table.candidates, table.candidates, top));
    std::partial_sort(
        order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(),
        [&](std::size_t a, std::size_t b) { return cost[a] != cost[b] ? cost[a] < cost[b] : a < b; });
    for (std::size_t i = 0; i < k; ++i) {
      ++wanted_by[order[i]];
      owner[order[i]] = o;
    }
  }
  std::vector<Assignment> assignments;
  for (std::size_t c = 0; c < table.candidates; ++c) {
    if (wanted_by[c] == 0) continue;
    auto chosen = wanted_by[c] > 1 ? cheapest_object(table, c) : owner[c];
    assignments.push_back({anchors[c], static_cast<int>(chosen), table.iou[chosen * table.candidates + c]});
  }
  return assignments;
}

}  // namespace ds::detail
