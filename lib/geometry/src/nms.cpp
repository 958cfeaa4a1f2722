#include "ds/geometry/nms.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace ds {

std::vector<std::size_t> class_wise_nms(const std::vector<ScoredBox>& boxes, double iou_threshold,
                                        std::size_t max_count) {
  std::vector<std::size_t> order(boxes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return boxes[a].score > boxes[b].score; });
  std::unordered_map<int, std::vector<std::size_t>> kept_of_class;
  std::vector<std::size_t> kept;
  for (std::size_t candidate : order) {
    auto& rivals = kept_of_class[boxes[candidate].class_idx];
    bool suppressed = std::any_of(rivals.begin(), rivals.end(), [&](std::size_t rival) {
      return iou(boxes[rival].box, boxes[candidate].box) > iou_threshold;
    });
    if (suppressed) continue;
    rivals.push_back(candidate);
    kept.push_back(candidate);
    if (max_count != 0 && kept.size() == max_count) break;
  }
  return kept;
}

}  // namespace ds
