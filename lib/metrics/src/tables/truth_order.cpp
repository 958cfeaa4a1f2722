#include "tables/truth_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "ds/base/error.h"

namespace ds::detail {

namespace {

template <typename Item>
void check_items(const std::vector<Item>& items, const TruthTable& truth, const std::string& what) {
  for (const auto& item : items) {
    if (item.image_idx < 0 || static_cast<std::size_t>(item.image_idx) >= truth.images.size())
      throw DataError(fmt::format("{}: image index {} is outside the {} images", what, item.image_idx,
                                  truth.images.size()));
    if (item.class_idx < 0 || static_cast<std::size_t>(item.class_idx) >= truth.classes.size())
      throw DataError(fmt::format("{}: class index {} is outside the {} classes", what, item.class_idx,
                                  truth.classes.size()));
  }
}

}  // namespace

void check_indices(const TruthTable& truth, const DetectionTable& detections) {
  check_items(truth.objects, truth, "truth");
  check_items(detections.boxes, truth, detections.name);
}

std::vector<std::int32_t> images_by_id(const TruthTable& truth) {
  std::vector<std::int32_t> order(truth.images.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return truth.images[a].id < truth.images[b].id; });
  return order;
}

}  // namespace ds::detail
