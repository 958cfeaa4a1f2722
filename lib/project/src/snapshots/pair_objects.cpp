#include <algorithm>

#include "ds/project/snapshot_diff.h"

namespace ds {
namespace {

constexpr double kSameObject = 0.5;

bool same_content(const Annotation& a, const Annotation& b) {
  if (a.class_idx != b.class_idx || a.shape != b.shape) return false;
  auto copy = a;
  copy.id = b.id;
  copy.provenance = b.provenance;
  return copy == b;
}

struct Overlap {
  double iou;
  std::size_t before, after;
};

/// Pairs free objects, of one class or of two, greedily by falling IoU.
class Pairing {
 public:
  Pairing(const std::vector<Annotation>& before, const std::vector<Annotation>& after)
      : before_(before), after_(after), free_before_(before.size(), true), free_after_(after.size(), true) {}

  void pair_equal() {
    for (std::size_t b = 0; b < before_.size(); ++b)
      for (std::size_t a = 0; a < after_.size() && free_before_[b]; ++a)
        if (free_after_[a] && same_content(before_[b], after_[a])) take(b, a, ObjectChange::unchanged);
  }

  void pair_overlapping(bool same_class) {
    std::vector<Overlap> overlaps;
    for (std::size_t b = 0; b < before_.size(); ++b)
      for (std::size_t a = 0; a < after_.size() && free_before_[b]; ++a) {
        if (!free_after_[a] || (before_[b].class_idx == after_[a].class_idx) != same_class) continue;
        auto overlap = iou(before_[b].box(), after_[a].box());
        if (overlap >= kSameObject) overlaps.push_back({overlap, b, a});
      }
    std::stable_sort(overlaps.begin(), overlaps.end(),
                     [](const Overlap& x, const Overlap& y) { return x.iou > y.iou; });
    for (const auto& o : overlaps)
      if (free_before_[o.before] && free_after_[o.after])
        take(o.before, o.after,
             !same_class                                        ? ObjectChange::reclassified
             : before_[o.before].shape == after_[o.after].shape ? ObjectChange::changed
                                                                : ObjectChange::moved);
  }

  std::vector<ObjectPair> finish() {
    std::sort(pairs_.begin(), pairs_.end(),
              [](const ObjectPair& x, const ObjectPair& y) { return x.before < y.before; });
    return std::move(pairs_);
  }

 private:
  void take(std::size_t before, std::size_t after, ObjectChange change) {
    free_before_[before] = free_after_[after] = false;
    pairs_.push_back({before, after, change});
  }

  const std::vector<Annotation>& before_;
  const std::vector<Annotation>& after_;
  std::vector<bool> free_before_, free_after_;
  std::vector<ObjectPair> pairs_;
};

}  // namespace

std::vector<ObjectPair> pair_objects(const std::vector<Annotation>& before,
                                     const std::vector<Annotation>& after) {
  Pairing pairing(before, after);
  pairing.pair_equal();
  pairing.pair_overlapping(true);
  pairing.pair_overlapping(false);
  return pairing.finish();
}

}  // namespace ds
