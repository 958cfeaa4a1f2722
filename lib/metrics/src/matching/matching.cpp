#include "ds/metrics/matching.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <unordered_map>

#include "ds/base/error.h"
#include "ds/base/parallel.h"
#include "matching/class_groups.h"
#include "matching/overlap.h"
#include "matching/score_order.h"
#include "tables/truth_order.h"

namespace ds {

const std::array<double, kIouCount>& iou_thresholds() {
  static const auto values = [] {
    std::array<double, kIouCount> all{};
    const double step = (0.95 - 0.5) / (kIouCount - 1);
    for (int i = 0; i < kIouCount; ++i) all[i] = i * step + 0.5;
    all.back() = 0.95;
    return all;
  }();
  return values;
}

const std::array<double, kRecallCount>& recall_thresholds() {
  static const auto values = [] {
    std::array<double, kRecallCount> all{};
    for (int i = 0; i < kRecallCount; ++i) all[i] = i * 0.01;
    all.back() = 1;
    return all;
  }();
  return values;
}

const std::array<AreaRange, kAreaCount>& area_ranges() {
  static const std::array<AreaRange, kAreaCount> ranges{{{"all", 0, 1e5 * 1e5},
                                                         {"small", 0, 32 * 32},
                                                         {"medium", 32 * 32, 96 * 96},
                                                         {"large", 96 * 96, 1e5 * 1e5}}};
  return ranges;
}

namespace {

/// pycocotools looks objects up by id, so of several with one id it sees the last, as often as the id occurs.
/// @return for each object the index of the one that is seen in its place
std::vector<std::int32_t> seen_by_pycocotools(const std::vector<TruthObject>& objects) {
  std::unordered_map<std::int64_t, std::int32_t> last;
  last.reserve(objects.size());
  for (std::size_t i = 0; i < objects.size(); ++i) last[objects[i].id] = static_cast<std::int32_t>(i);
  std::vector<std::int32_t> seen;
  seen.reserve(objects.size());
  for (const auto& object : objects) seen.push_back(last[object.id]);
  return seen;
}

/// An object that overlaps a detection enough to matter.
struct Candidate {
  std::int32_t object;  // inside its group
  double iou;
  std::uint16_t bits;  // IoU thresholds that it reaches
};

/// One class in one image: its detections by falling score against its objects, for all IoU thresholds and area
/// ranges. The overlaps are computed once: they do not depend on either. What depends on the threshold is kept as
/// one bit each, so that `taken_` says of an object at which thresholds it is gone; only what does depend on the
/// area range (which objects count) is done again for each. Keeps its buffers between groups, of which there
/// are hundreds of thousands.
template <typename Overlap>
class GroupMatcher {
 public:
  GroupMatcher(const std::vector<TruthObject>& objects, const Overlap& overlap, bool compat)
      : objects_(objects), overlap_(overlap), compat_(compat) {
    for (int t = 0; t < kIouCount; ++t) limits_[t] = std::min(iou_thresholds()[t], 1 - 1e-10);
  }

  /// @param members objects of the group, in file order
  /// @param matches detections of the group, by falling score; their bits are filled in
  void run(std::span<const std::int32_t> members, std::span<Match> matches) {
    members_ = members;
    for (auto& m : matches) set_unmatched(m);
    if (members.empty()) return;
    find_candidates(matches);
    if (candidates_.empty()) return;
    for (int a = 0; a < kAreaCount; ++a) {
      set_uncounted(a);
      taken_.assign(members.size(), 0);
      for (std::size_t d = 0; d < matches.size(); ++d)
        if (starts_[d] != starts_[d + 1])
          place(matches[d], a, {&candidates_[starts_[d]], starts_[d + 1] - starts_[d]});
    }
  }

 private:
  bool outside(const Match& m, int a) const {
    const double area = overlap_.area(m.detection_idx);
    return area < area_ranges()[a].low || area > area_ranges()[a].high;
  }

  void set_unmatched(Match& m) const {
    for (int a = 0; a < kAreaCount; ++a) m.ignored[a] = outside(m, a) ? kAllIous : 0;
  }

  void find_candidates(std::span<const Match> matches) {
    candidates_.clear();
    starts_.assign(1, 0);
    for (const auto& m : matches) {
      for (std::size_t g = 0; g < members_.size(); ++g) {
        const double overlap = overlap_(m.detection_idx, members_[g]);
        if (overlap < limits_[0]) continue;
        const auto reached = std::upper_bound(limits_.begin(), limits_.end(), overlap) - limits_.begin();
        candidates_.push_back(
            {static_cast<std::int32_t>(g), overlap, static_cast<std::uint16_t>((1u << reached) - 1)});
      }
      starts_.push_back(candidates_.size());
    }
  }

  void set_uncounted(int a) {
    uncounted_.resize(members_.size());
    for (std::size_t g = 0; g < members_.size(); ++g) {
      const auto& object = objects_[members_[g]];
      uncounted_[g] = object.crowd || object.ignore || object.area < area_ranges()[a].low ||
                      object.area > area_ranges()[a].high;
    }
  }

  /// For each threshold the best free candidate among the counted objects, else among the others; of equal
  /// overlaps the later object.
  void place(Match& m, int a, std::span<const Candidate> candidates) {
    std::array<std::int32_t, kIouCount> chosen;
    chosen.fill(-1);
    std::uint16_t open = kAllIous;
    for (const bool uncounted : {false, true}) {
      auto best = limits_;
      for (const auto& c : candidates) {
        if (uncounted_[c.object] != uncounted) continue;
        auto bits = static_cast<std::uint16_t>(c.bits & open);
        if (!objects_[members_[c.object]].crowd) bits &= static_cast<std::uint16_t>(~taken_[c.object]);
        for (int t = 0; t < kIouCount; ++t)
          if ((bits >> t & 1) && c.iou >= best[t]) {
            best[t] = c.iou;
            chosen[t] = c.object;
          }
      }
      for (int t = 0; t < kIouCount; ++t)
        if (chosen[t] >= 0) open &= static_cast<std::uint16_t>(~(1u << t));
    }
    const bool is_outside = outside(m, a);
    m.hit[a] = m.ignored[a] = 0;
    for (int t = 0; t < kIouCount; ++t) settle(m, a, t, chosen[t], is_outside);
    if (a == 0 && chosen[0] >= 0) m.object_idx = members_[chosen[0]];
  }

  void settle(Match& m, int a, int t, std::int32_t chosen, bool is_outside) {
    const auto bit = static_cast<std::uint16_t>(1u << t);
    if (chosen < 0) {
      if (is_outside) m.ignored[a] |= bit;
      return;
    }
    taken_[chosen] |= bit;
    const bool seen_as_unmatched = compat_ && objects_[members_[chosen]].id == 0;
    if (uncounted_[chosen] || (seen_as_unmatched && is_outside))
      m.ignored[a] |= bit;
    else if (!seen_as_unmatched)
      m.hit[a] |= bit;
  }

  const std::vector<TruthObject>& objects_;
  const Overlap& overlap_;
  bool compat_;
  std::array<double, kIouCount> limits_{};
  std::span<const std::int32_t> members_;
  std::vector<Candidate> candidates_;
  std::vector<std::size_t> starts_;
  std::vector<char> uncounted_;
  std::vector<std::uint16_t> taken_;
};

std::vector<std::int32_t> ranks_by_id(const TruthTable& truth) {
  auto order = detail::images_by_id(truth);
  std::vector<std::int32_t> rank(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = static_cast<std::int32_t>(i);
  return rank;
}

void count_objects(const std::vector<TruthObject>& objects, std::span<const std::int32_t> members,
                   ClassMatches& result) {
  if (members.empty()) return;
  ObjectCount count{objects[members.front()].image_idx, {}};
  for (const auto i : members) {
    const auto& object = objects[i];
    if (object.crowd || object.ignore) continue;
    for (int a = 0; a < kAreaCount; ++a)
      count.count[a] += object.area >= area_ranges()[a].low && object.area <= area_ranges()[a].high;
  }
  result.objects.push_back(count);
}

/// The detections of a group within the limit, best first.
void append_best(const std::vector<DetectedBox>& boxes, std::span<std::int32_t> members, int limit,
                 std::vector<Match>& matches) {
  if (members.size() > 1)
    std::sort(members.begin(), members.end(), [&](auto a, auto b) {
      return boxes[a].score != boxes[b].score ? boxes[a].score > boxes[b].score : a < b;
    });
  const auto kept = std::min<std::size_t>(members.size(), static_cast<std::size_t>(limit));
  for (std::size_t rank = 0; rank < kept; ++rank) {
    Match m;
    m.score = boxes[members[rank]].score;
    m.image_idx = boxes[members[rank]].image_idx;
    m.detection_idx = members[rank];
    m.rank = static_cast<std::uint16_t>(rank);
    matches.push_back(m);
  }
}

void check_limits(const std::array<int, 3>& limits) {
  if (limits[0] < 1 || limits[1] < limits[0] || limits[2] < limits[1] || limits[2] > 65535)
    throw UsageError(fmt::format("detection limits {}, {}, {} must rise and lie in 1..65535", limits[0],
                                 limits[1], limits[2]));
}

template <typename Overlap>
Matching match_classes(const TruthTable& truth, const std::vector<TruthObject>& objects,
                       const std::vector<DetectedBox>& boxes, const Overlap& overlap,
                       const MatchOptions& options) {
  const auto ranks = ranks_by_id(truth);
  auto object_groups = detail::group_by_class_and_image(objects, ranks, truth.classes.size());
  auto box_groups = detail::group_by_class_and_image(boxes, ranks, truth.classes.size());
  Matching matching{options, truth.images.size(), std::vector<ClassMatches>(truth.classes.size())};
  for_each_index(truth.classes.size(), options.threads, [&](std::size_t c) {
    static thread_local std::vector<Match> by_image;  // kept, for fresh memory costs more than the matching
    by_image.clear();
    // A class's boxes lie all over the table: fetched together they come faster than one by one.
    for (const auto i : box_groups.of_class(c).items) __builtin_prefetch(&boxes[static_cast<std::size_t>(i)]);
    auto& result = matching.classes[c];
    GroupMatcher<Overlap> matcher(objects, overlap, options.compat_coco);
    detail::ImageWalk image(object_groups.of_class(c), box_groups.of_class(c));
    while (image.next()) {
      count_objects(objects, image.members, result);
      const auto before = by_image.size();
      append_best(boxes, image.detections, options.max_detections[2], by_image);
      matcher.run(image.members, std::span(by_image).subspan(before));
    }
    result.matches.reserve(by_image.size());
    for (const auto i : detail::by_falling_score(by_image))
      result.matches.push_back(by_image[static_cast<std::size_t>(i)]);
  });
  return matching;
}

}  // namespace

Matching match(const TruthTable& truth, const DetectionTable& detections, const MatchOptions& options) {
  check_limits(options.max_detections);
  detail::check_indices(truth, detections);
  std::vector<std::int32_t> seen;
  std::vector<TruthObject> replaced;
  if (options.compat_coco) {
    seen = seen_by_pycocotools(truth.objects);
    for (const auto i : seen) replaced.push_back(truth.objects[i]);
  }
  const auto& objects = options.compat_coco ? replaced : truth.objects;
  if (options.overlap == OverlapOf::boxes)
    return match_classes(truth, objects, detections.boxes, detail::BoxOverlap(detections.boxes, objects),
                         options);
  detail::MaskOverlap overlap(truth, detections);
  if (options.compat_coco) overlap.replace_objects(seen);
  return match_classes(truth, objects, detections.boxes, overlap, options);
}

}  // namespace ds
