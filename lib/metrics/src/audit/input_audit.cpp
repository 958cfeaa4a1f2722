#include "ds/metrics/input_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <unordered_set>

#include "audit/box_readings.h"
#include "ds/metrics/average_precision.h"
#include "tables/truth_objects.h"

namespace ds {

namespace {

using detail::BoxTallies;
using detail::Tally;

/// Fewer boxes than this tell nothing about how a file was written.
constexpr std::size_t kFewest = 10;
/// Share of the boxes that must look alike before the whole file is taken to be written so.
constexpr double kNearlyAll = 0.99;
constexpr double kMost = 0.9;
/// Class ids are doubted below this AP only, and the other reading must be better than twice as good.
constexpr double kDoubtedAp = 0.2;
constexpr double kClearGain = 0.05;

/// The rows that `keep` names, in order.
DetectionTable selected(const DetectionTable& table, const std::vector<char>& keep) {
  DetectionTable left{table.name, {}};
  for (std::size_t i = 0; i < table.boxes.size(); ++i) {
    if (!keep[i]) continue;
    left.boxes.push_back(table.boxes[i]);
    if (!table.masks.empty()) left.masks.push_back(table.masks[i]);
  }
  return left;
}

std::optional<double> known(double ap) {
  return ap < 0 ? std::nullopt : std::optional(ap);
}

/// One look at two tables, kind by kind in the order of AuditKind. Each check counts what is odd, and where it is
/// odd enough evaluates a changed copy: what AP would be, read the other way. The given tables never change, and
/// no copy is made while nothing looks wrong, so that an audit of good files costs one pass over the boxes. What
/// boxes look like is passed over where masks are matched: AP does not depend on the boxes there.
class Auditor {
 public:
  Auditor(const std::string& truth_file, const TruthTable& truth, const std::string& detections_file,
          const DetectionTable& detections, const LeftOutDetections& left_out, const Matching& matching,
          double ap)
      : truth_file_(truth_file),
        detections_file_(detections_file),
        truth_(truth),
        table_(detections),
        left_out_(left_out),
        matching_(matching),
        given_(ap),
        with_boxes_(matching.options.overlap == OverlapOf::boxes) {}

  std::vector<AuditFinding> run() {
    const auto objects = tallies_of(truth_.objects), boxes = tallies_of(table_.boxes);
    if (with_boxes_) {
      check_corners(truth_.objects, objects.like_corners, truth_file_);
      check_corners(table_.boxes, boxes.like_corners, detections_file_);
      check_fractions(truth_.objects, objects.fractions, truth_file_);
      check_fractions(table_.boxes, boxes.fractions, detections_file_);
    }
    check_classes();
    check_scores();
    check_ids();
    if (with_boxes_) {
      check_negative(truth_.objects, objects.negative, truth_file_);
      check_negative(table_.boxes, boxes.negative, detections_file_);
      check_outside(truth_.objects, objects.outside, truth_file_);
      check_outside(table_.boxes, boxes.outside, detections_file_);
    }
    check_repeated();
    check_empty_images();
    check_names();
    check_areas();
    check_crowded_images();
    return std::move(found_);
  }

 private:
  double ap_of(const TruthTable& truth, const DetectionTable& table) const {
    return average_precision(match(truth, table, matching_.options)).numbers.ap();
  }

  std::string name_of(const std::vector<TruthObject>& objects, std::size_t i) const {
    return fmt::format("annotation {}", objects[i].id);
  }
  std::string name_of(const std::vector<DetectedBox>&, std::size_t i) const {
    return fmt::format("/{}", left_out_.place_in_file(i));
  }
  static std::string name_of(const EvalImage& image) {
    return image.text_id.empty() ? fmt::format("image {}", image.id)
                                 : fmt::format("image \"{}\"", image.text_id);
  }
  const EvalImage& image_of(const auto& box) const {
    return truth_.images[static_cast<std::size_t>(box.image_idx)];
  }

  /// AP with every box of one of the two tables changed.
  template <typename Change>
  double ap_with(const std::vector<TruthObject>& boxes, Change change) const {
    TruthTable truth{truth_.images, truth_.classes, boxes, truth_.masks};
    for (auto& b : truth.objects) change(b, image_of(b));
    return ap_of(truth, table_);
  }
  template <typename Change>
  double ap_with(const std::vector<DetectedBox>& boxes, Change change) const {
    DetectionTable table{table_.name, boxes, table_.masks};
    for (auto& b : table.boxes) change(b, image_of(b));
    return ap_of(truth_, table);
  }

  template <typename Box>
  BoxTallies tallies_of(const std::vector<Box>& boxes) const {
    BoxTallies tallies;
    if (!with_boxes_) return tallies;
    for (std::size_t i = 0; i < boxes.size(); ++i) tallies.add(i, boxes[i], image_of(boxes[i]));
    return tallies;
  }

  template <typename Box, typename Holds>
  static Tally count(const std::vector<Box>& boxes, Holds holds) {
    Tally tally;
    for (std::size_t i = 0; i < boxes.size(); ++i)
      if (holds(boxes[i])) tally.add(i);
    return tally;
  }

  void add(AuditKind kind, const std::string& file, std::string saw, std::string first,
           std::string other_reading, std::optional<double> other) {
    found_.push_back(
        {kind, file, std::move(saw), std::move(first), std::move(other_reading), {}, known(given_), other});
  }
  /// What AP does not depend on.
  void add_beside_ap(AuditKind kind, const std::string& file, std::string saw, std::string first,
                     std::string dependent) {
    found_.push_back({kind,
                      file,
                      std::move(saw),
                      std::move(first),
                      {},
                      std::move(dependent),
                      known(given_),
                      std::nullopt});
  }

  template <typename Box>
  void check_corners(const std::vector<Box>& boxes, const Tally& like, const std::string& file) {
    if (boxes.size() < kFewest) return;
    if (static_cast<double>(like.count) < kNearlyAll * static_cast<double>(boxes.size())) return;
    const double other = ap_with(boxes, [](auto& b, const auto& image) { detail::from_corners(b, image); });
    if (other < given_ + kClearGain) return;
    add(AuditKind::corners, file,
        fmt::format(
            "{} of {} boxes end right of and below where they begin when read as corners x1, y1, x2, y2",
            like.count, boxes.size()),
        name_of(boxes, like.first), "read as corners", known(other));
  }

  template <typename Box>
  void check_fractions(const std::vector<Box>& boxes, const Tally& like, const std::string& file) {
    if (boxes.size() < kFewest) return;
    if (static_cast<double>(like.count) <= kMost * static_cast<double>(boxes.size())) return;
    const bool sizes = std::all_of(truth_.images.begin(), truth_.images.end(),
                                   [](const auto& image) { return image.width > 0 && image.height > 0; });
    add(AuditKind::fractions, file,
        fmt::format(
            "{} of {} boxes lie within {} pixels: they look like fractions of the image, COCO boxes are "
            "pixels",
            like.count, boxes.size(), detail::kLargestFraction),
        name_of(boxes, like.first), "read as fractions",
        sizes ? known(ap_with(boxes, [](auto& b, const auto& image) { detail::from_fractions(b, image); }))
              : std::nullopt);
  }

  /// The detections, those of unknown classes too, with each class id replaced.
  template <typename Replace>
  double ap_with_classes(Replace replace) const {
    DetectionTable table{table_.name, {}};
    auto put = [&](DetectedBox box, std::int64_t id) {
      box.class_idx = replace(id);
      if (box.class_idx < 0) return false;
      table.boxes.push_back(box);
      return true;
    };
    for (std::size_t i = 0; i < table_.boxes.size(); ++i)
      if (put(table_.boxes[i], truth_.classes[static_cast<std::size_t>(table_.boxes[i].class_idx)].id) &&
          !table_.masks.empty())
        table.masks.push_back(table_.masks[i]);
    for (std::size_t i = 0; with_boxes_ && i < left_out_.boxes.size(); ++i)
      put(left_out_.boxes[i], left_out_.class_ids[i]);
    return ap_of(truth_, table);
  }

  void check_classes() {
    if (given_ < 0 || given_ >= kDoubtedAp || table_.boxes.size() + left_out_.boxes.size() < kFewest) return;
    std::vector<std::int32_t> by_id(truth_.classes.size());
    std::iota(by_id.begin(), by_id.end(), 0);
    std::sort(by_id.begin(), by_id.end(), [&](auto a, auto b) {
      return truth_.classes[static_cast<std::size_t>(a)].id < truth_.classes[static_cast<std::size_t>(b)].id;
    });
    auto of_id = [&](std::int64_t id) {
      const auto at = std::lower_bound(by_id.begin(), by_id.end(), id, [&](auto c, auto wanted) {
        return truth_.classes[static_cast<std::size_t>(c)].id < wanted;
      });
      return at != by_id.end() && truth_.classes[static_cast<std::size_t>(*at)].id == id ? *at : -1;
    };
    auto of_place = [&](std::int64_t place) {
      return place >= 0 && place < static_cast<std::int64_t>(by_id.size())
                 ? by_id[static_cast<std::size_t>(place)]
                 : -1;
    };
    double best = -1;
    std::string reading;
    auto attempt = [&](const char* name, auto replace) {
      const double ap = ap_with_classes(replace);
      if (ap <= best) return;
      best = ap;
      reading = name;
    };
    attempt("with 1 added to each class id", [&](std::int64_t id) { return of_id(id + 1); });
    attempt("with 1 taken from each class id", [&](std::int64_t id) { return of_id(id - 1); });
    attempt("with class ids read as places, from 0, in the list of ids", of_place);
    attempt("with class ids read as places, from 1, in the list of ids",
            [&](std::int64_t id) { return of_place(id - 1); });
    if (best < 2 * given_ + kClearGain) return;
    add(AuditKind::shifted_class, detections_file_,
        fmt::format("the class ids of {} detections fit the objects badly",
                    table_.boxes.size() + left_out_.boxes.size()),
        "/0", reading, known(best));
  }

  void check_scores() {
    const auto out = count(table_.boxes, [](const auto& b) { return b.score < 0 || b.score > 1; });
    if (out.count == 0) return;
    const auto [low, high] =
        std::minmax_element(table_.boxes.begin(), table_.boxes.end(),
                            [](const auto& a, const auto& b) { return a.score < b.score; });
    add_beside_ap(AuditKind::score_range, detections_file_,
                  fmt::format("{} of {} scores lie outside 0 to 1 (they go from {} to {})", out.count,
                              table_.boxes.size(), low->score, high->score),
                  name_of(table_.boxes, out.first), "--conf and calibration");
  }

  void check_ids() {
    std::unordered_set<std::int64_t> seen;
    seen.reserve(truth_.objects.size());
    const auto again = count(truth_.objects, [&](const auto& o) { return !seen.insert(o.id).second; });
    if (again.count == 0) return;
    auto options = matching_.options;
    options.compat_coco = true;
    add(AuditKind::repeated_id, truth_file_,
        fmt::format("{} of {} annotations repeat the id of another", again.count, truth_.objects.size()),
        name_of(truth_.objects, again.first), "as pycocotools counts them",
        known(average_precision(match(truth_, table_, options)).numbers.ap()));
  }

  template <typename Box>
  void check_negative(const std::vector<Box>& boxes, const Tally& negative, const std::string& file) {
    if (negative.count == 0) return;
    auto turn = [](auto& b, const auto&) {
      if (b.w < 0) b.x += b.w;
      if (b.h < 0) b.y += b.h;
      b.w = std::abs(b.w);
      b.h = std::abs(b.h);
    };
    add(AuditKind::negative_size, file,
        fmt::format("{} of {} boxes have a negative width or height", negative.count, boxes.size()),
        name_of(boxes, negative.first), "with the sides turned round", known(ap_with(boxes, turn)));
  }

  template <typename Box>
  void check_outside(const std::vector<Box>& boxes, const Tally& outside, const std::string& file) {
    if (outside.count == 0) return;
    add(AuditKind::outside_image, file,
        fmt::format("{} of {} boxes reach more than a pixel over the edge of their image", outside.count,
                    boxes.size()),
        name_of(boxes, outside.first), "cut at the edge",
        known(ap_with(boxes, [](auto& b, const auto& image) { detail::clip(b, image); })));
  }

  /// Equal detections stand in one run of equal class, score and image.
  void check_repeated() {
    std::vector<std::size_t> again;
    for (const auto& matches : matching_.classes) {
      const auto& all = matches.matches;
      for (std::size_t i = 1; i < all.size(); ++i)
        for (auto k = i;
             k > 0 && all[k - 1].score == all[i].score && all[k - 1].image_idx == all[i].image_idx; --k)
          if (is_same(all[i], all[k - 1])) {
            again.push_back(static_cast<std::size_t>(all[i].detection_idx));
            break;
          }
    }
    if (again.empty()) return;
    std::vector<char> keep(table_.boxes.size(), 1);
    for (const auto i : again) keep[i] = 0;
    add(AuditKind::repeated_detection, detections_file_,
        fmt::format("{} of {} detections are there before (image, class, box and score)", again.size(),
                    table_.boxes.size()),
        name_of(table_.boxes, *std::min_element(again.begin(), again.end())), "without them",
        known(ap_of(truth_, selected(table_, keep))));
  }

  bool is_same(const Match& a, const Match& b) const {
    const auto i = static_cast<std::size_t>(a.detection_idx), k = static_cast<std::size_t>(b.detection_idx);
    if (!with_boxes_) return table_.masks[i] == table_.masks[k];
    const auto &p = table_.boxes[i], &q = table_.boxes[k];
    return p.x == q.x && p.y == q.y && p.w == q.w && p.h == q.h;
  }

  void check_empty_images() {
    std::vector<std::int32_t> detected(truth_.images.size());
    for (const auto& b : table_.boxes) detected[static_cast<std::size_t>(b.image_idx)] = 1;
    for (const auto& b : left_out_.boxes) detected[static_cast<std::size_t>(b.image_idx)] = 1;
    std::vector<char> has_object(truth_.images.size());
    for (const auto& o : truth_.objects)
      if (detail::counts(o)) has_object[static_cast<std::size_t>(o.image_idx)] = 1;
    Tally empty;
    std::size_t with_objects = 0;
    for (std::size_t i = 0; i < truth_.images.size(); ++i) {
      if (!has_object[i]) continue;
      ++with_objects;
      if (!detected[i]) empty.add(i);
    }
    if (empty.count == 0) return;
    add(AuditKind::no_detection, detections_file_,
        fmt::format("{} of {} images that hold objects have no detection", empty.count, with_objects),
        name_of(truth_.images[empty.first]), "over the other images",
        known(average_precision(matching_, detected).numbers.ap()));
  }

  void check_names() {
    std::map<std::string, std::int32_t> first;
    std::vector<std::int32_t> merged;
    Tally again;
    for (std::size_t c = 0; c < truth_.classes.size(); ++c) {
      const auto [known_name, is_new] = first.emplace(truth_.classes[c].name, static_cast<std::int32_t>(c));
      merged.push_back(known_name->second);
      if (!is_new) again.add(c);
    }
    if (again.count == 0) return;
    auto truth = truth_;
    auto table = table_;
    for (auto& one : truth.objects) one.class_idx = merged[static_cast<std::size_t>(one.class_idx)];
    for (auto& one : table.boxes) one.class_idx = merged[static_cast<std::size_t>(one.class_idx)];
    const auto& name = truth_.classes[again.first].name;
    add(AuditKind::same_name, truth_file_,
        fmt::format("{} of {} classes have the name of another and count by themselves (--same-names)",
                    again.count, truth_.classes.size()),
        fmt::format("'{}' of ids {} and {}", name,
                    truth_.classes[static_cast<std::size_t>(first.at(name))].id,
                    truth_.classes[again.first].id),
        "with those of one name merged", known(ap_of(truth, table)));
  }

  /// Small, medium and large are told apart by the area that the file gives.
  void check_areas() {
    constexpr double kLarger = 4;  // square pixels: no rounding makes an area of 1 of it
    Tally unit;
    for (std::size_t i = 0; i < truth_.objects.size(); ++i) {
      const auto& o = truth_.objects[i];
      const double own = truth_.masks.empty() ? o.w * o.h : static_cast<double>(truth_.masks[i].area());
      if (o.area <= 1 && own >= kLarger) unit.add(i);
    }
    if (unit.count == 0) return;
    add_beside_ap(AuditKind::unit_area, truth_file_,
                  fmt::format("{} of {} annotations have an area of at most 1 although their {} are larger",
                              unit.count, truth_.objects.size(), truth_.masks.empty() ? "boxes" : "masks"),
                  name_of(truth_.objects, unit.first), "APs, APm, APl and what else goes by size");
  }

  void check_crowded_images() {
    constexpr int kUsual = 100;  // who asks for fewer knows it
    const int limit = matching_.options.max_detections.back();
    if (limit < kUsual) return;
    std::vector<int> counts(truth_.images.size());
    for (const auto& o : truth_.objects)
      if (detail::counts(o)) ++counts[static_cast<std::size_t>(o.image_idx)];
    Tally over;
    for (std::size_t i = 0; i < counts.size(); ++i)
      if (counts[i] > limit) over.add(i);
    if (over.count == 0) return;
    auto options = matching_.options;
    options.max_detections.back() = *std::max_element(counts.begin(), counts.end());
    add(AuditKind::many_objects, truth_file_,
        fmt::format(
            "{} of {} images hold more than {} objects, and of a class on an image {} detections count",
            over.count, counts.size(), limit, limit),
        fmt::format("{} with {}", name_of(truth_.images[over.first]), counts[over.first]),
        fmt::format("with --max-dets {}", fmt::join(options.max_detections, ",")),
        known(average_precision(match(truth_, table_, options)).numbers.ap()));
  }

  const std::string &truth_file_, &detections_file_;
  const TruthTable& truth_;
  const DetectionTable& table_;
  const LeftOutDetections& left_out_;
  const Matching& matching_;
  const double given_;
  const bool with_boxes_;
  std::vector<AuditFinding> found_;
};

}  // namespace

std::string to_string(AuditKind kind) {
  static const char* const names[] = {"corners",      "fractions",     "shifted-class", "score-range",
                                      "repeated-id",  "negative-size", "outside-image", "repeated-detection",
                                      "no-detection", "same-name",     "unit-area",     "many-objects"};
  return names[static_cast<std::size_t>(kind)];
}

std::string AuditFinding::text() const {
  auto text = fmt::format("{}: {}; first: {}.", file, saw, first);
  if (other_reading.empty()) return text + fmt::format(" AP does not depend on it; {} do", dependent);
  auto number = [](const std::optional<double>& ap) { return ap ? fmt::format("{:.4f}", *ap) : "n/a"; };
  return text + fmt::format(" AP as given {}, {} {}", number(ap_given), other_reading, number(ap_other));
}

std::vector<AuditFinding> audit_inputs(const std::string& truth_file, const TruthTable& truth,
                                       const std::string& detections_file, const DetectionTable& detections,
                                       const LeftOutDetections& left_out, const Matching& matching,
                                       double ap) {
  return Auditor(truth_file, truth, detections_file, detections, left_out, matching, ap).run();
}

}  // namespace ds
