#include "ds/metrics/lvis.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/metrics/average_precision.h"
#include "tables/truth_order.h"

namespace ds {

namespace {

constexpr int kMostPerImage = 300;
bool holds(const std::vector<std::int32_t>& sorted, std::int32_t class_idx) {
  return std::binary_search(sorted.begin(), sorted.end(), class_idx);
}

void check_labels(const TruthTable& truth, const TruthLabels& labels) {
  for (const auto& [given, member] : {std::pair(labels.has_negative, "neg_category_ids"),
                                      std::pair(labels.has_not_exhaustive, "not_exhaustive_category_ids")})
    if (!given)
      throw DataError(fmt::format("no image of the ground truth has '{}'; LVIS needs it", member),
                      "take LVIS' own annotation file, or another --protocol");
  for (std::size_t c = 0; c < truth.classes.size(); ++c)
    if (labels.frequency.at(c) == 0)
      throw DataError(
          fmt::format("class {} has no 'frequency' (r, c or f); LVIS needs it", truth.classes[c].name),
          "take LVIS' own annotation file, or another --protocol");
}

/// The best of each image over all classes, in file order.
std::vector<char> best_of_images(const TruthTable& truth, const DetectionTable& detections) {
  std::vector<std::vector<std::int32_t>> of_image(truth.images.size());
  for (std::size_t i = 0; i < detections.boxes.size(); ++i)
    of_image[static_cast<std::size_t>(detections.boxes[i].image_idx)].push_back(static_cast<std::int32_t>(i));
  std::vector<char> kept(detections.boxes.size(), 1);
  for (auto& list : of_image) {
    if (list.size() <= kMostPerImage) continue;
    std::stable_sort(list.begin(), list.end(), [&](auto a, auto b) {
      return detections.boxes[static_cast<std::size_t>(a)].score >
             detections.boxes[static_cast<std::size_t>(b)].score;
    });
    for (auto at = list.begin() + kMostPerImage; at != list.end(); ++at)
      kept[static_cast<std::size_t>(*at)] = 0;
  }
  return kept;
}

/// What LVIS looks at: the best detections, of classes that were looked for on the image.
DetectionTable judged(const TruthTable& truth, const TruthLabels& labels, const DetectionTable& detections) {
  std::vector<std::vector<std::int32_t>> present(truth.images.size());
  for (const auto& o : truth.objects) present[static_cast<std::size_t>(o.image_idx)].push_back(o.class_idx);
  for (auto& list : present) std::sort(list.begin(), list.end());
  const auto best = best_of_images(truth, detections);
  DetectionTable table{detections.name, {}};
  for (std::size_t i = 0; i < detections.boxes.size(); ++i) {
    const auto& box = detections.boxes[i];
    const auto image = static_cast<std::size_t>(box.image_idx);
    if (!best[i] ||
        !(holds(present[image], box.class_idx) || holds(labels.images[image].negative, box.class_idx)))
      continue;
    table.boxes.push_back(box);
    if (!detections.masks.empty()) table.masks.push_back(detections.masks.at(i));
  }
  return table;
}

/// Mean AP of the classes of one frequency.
std::optional<double> ap_of_frequency(const AveragePrecision& precision, const TruthLabels& labels,
                                      char frequency) {
  double sum = 0;
  int count = 0;
  for (std::size_t c = 0; c < precision.classes.size(); ++c) {
    const double ap = precision.classes[c].numbers.ap();
    if (labels.frequency[c] != frequency || ap < 0) continue;
    sum += ap;
    ++count;
  }
  return count ? std::optional(sum / count) : std::nullopt;
}

}  // namespace

ProtocolResult lvis(const TruthTable& truth, const TruthLabels& labels, const DetectionTable& detections,
                    OverlapOf overlap, int threads) {
  check_labels(truth, labels);
  detail::check_indices(truth, detections);
  auto objects = truth;
  for (auto& o : objects.objects) o.crowd = false;
  MatchOptions options;
  options.max_detections = {kMostPerImage, kMostPerImage, kMostPerImage};
  options.overlap = overlap;
  options.threads = threads;
  auto matching = match(objects, judged(truth, labels, detections), options);
  for (std::size_t c = 0; c < matching.classes.size(); ++c)
    for (auto& m : matching.classes[c].matches)
      if (holds(labels.images[static_cast<std::size_t>(m.image_idx)].not_exhaustive,
                static_cast<std::int32_t>(c)))
        for (int a = 0; a < kAreaCount; ++a) m.ignored[a] = static_cast<std::uint16_t>(kAllIous & ~m.hit[a]);
  const auto precision = average_precision(matching);

  ProtocolResult result{"lvis", detections.name, {}, {}, {}, {}};
  auto known = [](double value) { return value < 0 ? std::nullopt : std::optional(value); };
  for (const char* name : {"AP", "AP50", "AP75", "APs", "APm", "APl"})
    result.numbers.push_back({name, known(precision.numbers.at(name))});
  for (const char frequency : {'r', 'c', 'f'})
    result.numbers.push_back({fmt::format("AP{}", frequency), ap_of_frequency(precision, labels, frequency)});
  result.numbers.push_back({"AR300", known(precision.numbers.at("AR100"))});  // its place: the largest limit
  for (std::size_t c = 0; c < precision.classes.size(); ++c)
    result.classes.push_back(
        {truth.classes[c].name, precision.classes[c].objects, known(precision.classes[c].numbers.ap())});
  result.definitions = {
      "AP: COCO's average precision over IoU .50 to .95, on the 300 best detections of each image. s, m, l: "
      "objects "
      "up to 32x32, up to 96x96, and larger; r, c, f: classes that are rare, common, frequent in training.",
      "Detections of classes that were not looked for on an image are left out; where a class is not "
      "labelled "
      "exhaustively, detections without an object are ignored."};
  return result;
}

}  // namespace ds
