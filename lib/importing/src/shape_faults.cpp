#include "shape_faults.h"

#include <algorithm>

namespace ds::detail {

std::optional<Shape> without_degenerate_rings(const Shape& shape) {
  const auto* polygon = std::get_if<Polygon>(&shape);
  if (polygon == nullptr) return std::nullopt;
  Polygon clean;
  for (auto ring : polygon->rings) {
    ring.erase(std::unique(ring.begin(), ring.end()), ring.end());
    while (ring.size() > 1 && ring.front() == ring.back()) ring.pop_back();
    if (ring.size() >= 3 && ring_area(ring) > 0) clean.rings.push_back(std::move(ring));
  }
  if (clean == *polygon && !clean.rings.empty()) return std::nullopt;
  if (clean.rings.empty()) return bounding_box(shape);
  return clean;
}

bool is_duplicate(const Annotation& a, const Annotation& b) {
  auto bare = [](Annotation annotation) {
    annotation.id = 0;
    annotation.source = Source::manual;
    annotation.model_id.clear();
    annotation.provenance = {};
    annotation.area.reset();
    return annotation;
  };
  return a.class_idx == b.class_idx && a.shape == b.shape && bare(a) == bare(b);
}

}  // namespace ds::detail
