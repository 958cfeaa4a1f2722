#include "statistics/resampling.h"

#include <string>
#include <unordered_map>

#include "tables/truth_order.h"

namespace ds::detail {

ResamplingGroups resampling_groups(const TruthTable& truth) {
  std::unordered_map<std::string, std::size_t> known;
  ResamplingGroups groups{std::vector<std::size_t>(truth.images.size()), 0};
  for (const auto i : images_by_id(truth)) {
    const auto& name = truth.images[static_cast<std::size_t>(i)].group;
    auto& group = groups.of_image[static_cast<std::size_t>(i)];
    if (name.empty()) {
      group = groups.count++;
      continue;
    }
    const auto [at, is_new] = known.emplace(name, groups.count);
    if (is_new) ++groups.count;
    group = at->second;
  }
  return groups;
}

}  // namespace ds::detail
