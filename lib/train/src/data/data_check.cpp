#include "ds/train/data_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>

#include "data/label_check.h"
#include "data/shared.h"
#include "ds/base/text.h"

namespace ds {
namespace {

using detail::kMostNames;
using detail::median;

constexpr std::size_t kFewObjects = 20;  // fewer: one object more or less moves the class's AP by 5 points
constexpr double kDominant = 0.95;       // share of all boxes
constexpr double kEnlarged = 2;          // images enlarged more than this hold no detail for the input

struct NamedSplit {
  const char* name;
  const std::vector<TrainImage>& images;
};

std::array<NamedSplit, 3> splits_of(const TrainData& data) {
  return {{{"train", data.train}, {"val", data.val}, {"test", data.test}}};
}

std::vector<std::size_t> boxes_per_class(const std::vector<TrainImage>& images, std::size_t classes) {
  std::vector<std::size_t> counts(classes, 0);
  for (const auto& image : images)
    for (const auto& object : image.objects)
      if (!object.ignore) ++counts.at(static_cast<std::size_t>(object.class_idx));
  return counts;
}

bool has_boxes(const std::vector<TrainImage>& images) {
  return std::any_of(images.begin(), images.end(), [](const TrainImage& image) {
    return std::any_of(image.objects.begin(), image.objects.end(),
                       [](const TrainObject& object) { return !object.ignore; });
  });
}

double fit_scale(const TrainImage& image, const InputSize& input) {
  return std::min(static_cast<double>(input.width) / image.width,
                  static_cast<double>(input.height) / image.height);
}

/// The first few, and how many there are more.
std::string some_of(const std::vector<std::string>& names) {
  if (names.size() <= kMostNames) return join(names, ", ");
  std::vector<std::string> first(names.begin(), names.begin() + kMostNames);
  return fmt::format("{} and {} more", join(first, ", "), names.size() - kMostNames);
}

/// The median side (root of the area) of each class at this input size; 0 for a class without boxes.
std::vector<double> median_sides(const TrainData& data, const InputSize& input) {
  std::vector<std::vector<double>> sides(data.classes.size());
  for (const auto& image : data.train) {
    double scale = fit_scale(image, input);
    for (const auto& object : image.objects)
      if (!object.ignore)
        sides.at(static_cast<std::size_t>(object.class_idx)).push_back(std::sqrt(object.box.area()) * scale);
  }
  std::vector<double> medians;
  for (auto& values : sides) medians.push_back(values.empty() ? 0 : median(values));
  return medians;
}

void find_missing_files(const TrainData& data, std::vector<DataFinding>& findings) {
  std::vector<std::string> missing;
  for (const auto& split : splits_of(data))
    for (const auto& image : split.images)
      if (!std::filesystem::exists(image.file)) missing.push_back(image.name);
  if (missing.empty()) return;
  auto message = fmt::format("{} image file{} missing, the first is {}", missing.size(),
                             missing.size() == 1 ? " is" : "s are", missing.front());
  missing.resize(std::min(missing.size(), kMostNames));
  findings.push_back(
      {"missing-files", true, message,
       "ds-import check lists them; restore the files, or remove the images and take a new snapshot",
       missing});
}

void find_class_problems(const TrainData& data, std::vector<DataFinding>& findings) {
  auto in_train = boxes_per_class(data.train, data.classes.size());
  auto in_val = boxes_per_class(data.val, data.classes.size());
  for (std::size_t c = 0; c < data.classes.size(); ++c) {
    if (in_train[c] == 0)
      findings.push_back(
          {"class-without-boxes", false,
           fmt::format("class '{}' has no box in the train split{}", data.classes[c],
                       in_val[c] > 0 ? fmt::format(" but {} in val", in_val[c]) : std::string()),
           "the model cannot learn it: label some, or remove the class"});
    else if (in_val[c] == 0)
      findings.push_back({"class-without-boxes", false,
                          fmt::format("class '{}' has no box in the val split", data.classes[c]),
                          "its AP cannot be measured: put some images with it into val"});
  }
  const auto total = std::accumulate(in_train.begin(), in_train.end(), std::size_t{0});
  const auto largest = std::max_element(in_train.begin(), in_train.end());
  const auto others =
      std::count_if(in_train.begin(), in_train.end(), [](auto count) { return count > 0; }) - 1;
  const double share = static_cast<double>(*largest) / static_cast<double>(total);
  if (others > 0 && share > kDominant)
    findings.push_back({"one-class", false,
                        fmt::format("{:.1f} % of the boxes in the train split are '{}'", share * 100,
                                    data.classes[static_cast<std::size_t>(largest - in_train.begin())]),
                        "the others are hardly seen: try --class-balance 0.3, and label more of them"});
}

void find_rare_in_evaluation(const TrainData& data, std::vector<DataFinding>& findings) {
  for (const auto& split : splits_of(data)) {
    if (&split.images == &data.train || split.images.empty()) continue;
    auto counts = boxes_per_class(split.images, data.classes.size());
    std::vector<std::string> few;
    for (std::size_t c = 0; c < counts.size(); ++c)
      if (counts[c] > 0 && counts[c] < kFewObjects)
        few.push_back(fmt::format("'{}' ({})", data.classes[c], counts[c]));
    if (!few.empty())
      findings.push_back(
          {"few-objects", false,
           fmt::format("the {} split has fewer than {} objects of {}", split.name, kFewObjects, some_of(few)),
           "one object more or less moves such a class's AP by points: read it with care, or "
           "label more"});
  }
}

void find_tiny_boxes(const TrainData& data, const InputSize& input, int stride,
                     std::vector<DataFinding>& findings) {
  auto sides = median_sides(data, input);
  for (std::size_t c = 0; c < sides.size(); ++c) {
    if (sides[c] <= 0 || sides[c] >= stride) continue;
    const double wanted = std::ceil(std::max(input.width, input.height) * stride / sides[c] / 32) * 32;
    findings.push_back(
        {"tiny-boxes", false,
         fmt::format("half of the '{}' boxes are smaller than {:.1f} pixels at {}x{}", data.classes[c],
                     sides[c], input.width, input.height),
         wanted <= kLargestInput
             ? fmt::format(
                   "the network's finest cells are {} pixels: try --input-size {:.0f}, or cut the images "
                   "into tiles",
                   stride, wanted)
             : fmt::format(
                   "the network's finest cells are {} pixels, and no --input-size (up to {}) makes up "
                   "for that: cut the images into tiles, or check the boxes (ds-import check)",
                   stride, kLargestInput)});
  }
}

void find_small_images(const TrainData& data, const InputSize& input, std::vector<DataFinding>& findings) {
  std::vector<double> scales;
  std::vector<double> sides;
  for (const auto& image : data.train) {
    scales.push_back(fit_scale(image, input));
    sides.push_back(std::max(image.width, image.height));
  }
  const double scale = median(scales);
  if (scale <= kEnlarged) return;
  const int side = static_cast<int>(median(sides));
  findings.push_back({"small-images", false,
                      fmt::format("half of the train images are enlarged {:.1f} times or more to {}x{}",
                                  scale, input.width, input.height),
                      fmt::format("that costs time and shows nothing new: try --input-size {}",
                                  std::max(32, (side + 31) / 32 * 32))});
}

void find_unlabelled(const TrainData& data, std::vector<DataFinding>& findings) {
  std::vector<std::string> bare;
  for (const auto& image : data.train)
    if (image.objects.empty()) bare.push_back(image.name);
  if (bare.size() * 2 <= data.train.size()) return;
  auto message = fmt::format("{} of the {} train images have no box", bare.size(), data.train.size());
  bare.resize(std::min(bare.size(), kMostNames));
  findings.push_back({"few-labelled", false, message,
                      "are they labelled? An image without boxes teaches that nothing is there: set those "
                      "that nobody has looked at to unlabelled (ds-label files set-status)",
                      bare});
}

/// How a finding about images of two splits reads: "1 image of the val split also stands in train".
struct Verb {
  const char* one;
  const char* many;
};

/// Images of two splits that share what `key` gives (not empty).
template <typename Key>
void find_shared(const TrainData& data, const Key& key, const std::string& kind, const Verb& verb,
                 std::vector<DataFinding>& findings) {
  std::map<std::string, std::pair<const char*, const TrainImage*>> first;  // key: split and image
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> shared;
  for (const auto& split : splits_of(data))
    for (const auto& image : split.images) {
      const std::string& text = key(image);
      if (text.empty()) continue;
      auto [known, is_new] = first.emplace(text, std::pair(split.name, &image));
      if (!is_new && known->second.first != split.name)
        shared[{known->second.first, split.name}].push_back(image.name);
    }
  for (auto& [names, images] : shared) {
    const bool one = images.size() == 1;
    auto message =
        fmt::format("{} of the {} split {} in {}, the first is {}", counted(images.size(), "image", "images"),
                    names.second, one ? verb.one : verb.many, names.first, images.front());
    images.resize(std::min(images.size(), kMostNames));
    findings.push_back(
        {kind, false, message,
         "scores on that split are better than the model: ds-import leaks --fix, then a new snapshot",
         images});
  }
}

void find_leaks(const TrainData& data, std::vector<DataFinding>& findings) {
  find_shared(
      data, [](const TrainImage& image) -> const std::string& { return image.sha256; }, "same-picture",
      {"also stands", "also stand"}, findings);
  find_shared(
      data, [](const TrainImage& image) -> const std::string& { return image.group; }, "same-group",
      {"has others of its group", "have others of their group"}, findings);
}

void find_unusable(const TrainData& data, std::vector<DataFinding>& findings) {
  if (data.classes.empty())
    findings.push_back({"no-classes", true, "the snapshot has no classes", "ds-label classes add NAME"});
  if (data.train.empty())
    findings.push_back(
        {"empty-split", true, "the train split of the snapshot is empty",
         "mark images as done (ds-label files set-status), or change their splits (ds-import split)"});
  if (data.val.empty())
    findings.push_back(
        {"empty-split", true, "the val split of the snapshot is empty, so the best epoch could not be chosen",
         "give some labelled images the split val (ds-import split), then take a new snapshot"});
  if (!findings.empty()) return;
  if (!has_boxes(data.train))
    findings.push_back({"no-boxes", true,
                        fmt::format("none of the {} train images has a box", data.train.size()),
                        "label some objects, or check that the annotations were imported (ds-import stats)"});
  if (!has_boxes(data.val))
    findings.push_back(
        {"no-boxes", true,
         fmt::format("none of the {} val images has a box, so the best epoch could not be chosen",
                     data.val.size()),
         "give some images with boxes the split val (ds-import split), then take a new snapshot"});
}

}  // namespace

std::vector<DataFinding> check_data(const TrainData& data, const InputSize& input, int smallest_stride) {
  std::vector<DataFinding> findings;
  find_unusable(data, findings);
  if (!findings.empty()) return findings;
  find_missing_files(data, findings);
  find_class_problems(data, findings);
  find_tiny_boxes(data, input, smallest_stride, findings);
  find_small_images(data, input, findings);
  find_unlabelled(data, findings);
  find_rare_in_evaluation(data, findings);
  find_leaks(data, findings);
  detail::find_label_errors(data.train, data.classes, findings);
  return findings;
}

}  // namespace ds
