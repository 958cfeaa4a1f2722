#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

/// Objects and detections sorted by class and image, and the walk through a class image by image.
namespace ds::detail {

/// Items of one class in the order of (image rank, file order), with their images' ranks beside them.
struct ClassGroup {
  std::span<std::int32_t> items;
  std::span<const std::int32_t> ranks;
};

/// The same of all classes. `starts[c]` is where class `c` begins.
struct Groups {
  std::vector<std::int32_t> order;
  std::vector<std::int32_t> ranks;
  std::vector<std::int32_t> starts;

  ClassGroup of_class(std::size_t c) {
    const auto begin = static_cast<std::size_t>(starts[c]);
    const auto count = static_cast<std::size_t>(starts[c + 1]) - begin;
    return {std::span(order).subspan(begin, count), std::span(ranks).subspan(begin, count)};
  }
};

/// A stable counting sort of `order` by the items' keys; @return where each key begins.
inline std::vector<std::int32_t> counting_sort(std::vector<std::int32_t>& order, std::size_t key_count,
                                               const std::vector<std::int32_t>& keys) {
  auto key = [&](std::int32_t i) { return static_cast<std::size_t>(keys[static_cast<std::size_t>(i)]); };
  std::vector<std::int32_t> starts(key_count + 1, 0);
  for (const auto i : order) ++starts[key(i) + 1];
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  auto next = starts;
  std::vector<std::int32_t> sorted(order.size());
  for (const auto i : order) sorted[static_cast<std::size_t>(next[key(i)]++)] = i;
  order = std::move(sorted);
  return starts;
}

template <typename Item>
Groups group_by_class_and_image(const std::vector<Item>& items,
                                const std::vector<std::int32_t>& rank_of_image, std::size_t class_count) {
  // The items themselves are large and lie in no order: what is sorted by is taken out once.
  std::vector<std::int32_t> rank(items.size()), class_idx(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    rank[i] = rank_of_image[static_cast<std::size_t>(items[i].image_idx)];
    class_idx[i] = items[i].class_idx;
  }
  Groups groups;
  groups.order.resize(items.size());
  std::iota(groups.order.begin(), groups.order.end(), 0);
  counting_sort(groups.order, rank_of_image.size(), rank);
  groups.starts = counting_sort(groups.order, class_count, class_idx);
  groups.ranks.reserve(items.size());
  for (const auto i : groups.order) groups.ranks.push_back(rank[static_cast<std::size_t>(i)]);
  return groups;
}

/// Objects and detections of one class on one image, taken off the front of the class's lists.
class ImageWalk {
 public:
  ImageWalk(ClassGroup objects, ClassGroup boxes) : objects_(objects), boxes_(boxes) {}

  bool next() {
    if (objects_.items.empty() && boxes_.items.empty()) return false;
    const auto rank = std::min(objects_.items.empty() ? INT32_MAX : objects_.ranks.front(),
                               boxes_.items.empty() ? INT32_MAX : boxes_.ranks.front());
    members = take(objects_, rank);
    detections = take(boxes_, rank);
    return true;
  }

  std::span<std::int32_t> members, detections;

 private:
  static std::span<std::int32_t> take(ClassGroup& group, std::int32_t rank) {
    std::size_t count = 0;
    while (count < group.ranks.size() && group.ranks[count] == rank) ++count;
    const auto taken = group.items.first(count);
    group.items = group.items.subspan(count);
    group.ranks = group.ranks.subspan(count);
    return taken;
  }

  ClassGroup objects_, boxes_;
};

}  // namespace ds::detail
