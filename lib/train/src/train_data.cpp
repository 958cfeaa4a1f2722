#include "ds/train/train_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "ds/base/error.h"
#include "ds/project/project.h"

namespace ds {
namespace {

TrainImage train_image(Project& project, const Image& image) {
  TrainImage result;
  result.id = image.id;
  result.name = image.name;
  result.file = project.media().path_of(image.sha256);
  result.width = image.width;
  result.height = image.height;
  result.objects = train_objects(image);
  return result;
}

std::vector<TrainImage> train_images(Project& project, const Dataset& dataset) {
  std::vector<TrainImage> images;
  for (const auto& image : dataset.images) images.push_back(train_image(project, image));
  return images;
}

std::vector<std::size_t> boxes_per_class(const std::vector<TrainImage>& images, std::size_t classes) {
  std::vector<std::size_t> counts(classes, 0);
  for (const auto& image : images)
    for (const auto& object : image.objects)
      if (!object.ignore) ++counts.at(static_cast<std::size_t>(object.class_idx));
  return counts;
}

double median(std::vector<double> values) {
  auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The median side (root of the area) of each class at this input size; 0 for a class without boxes.
std::vector<double> median_sides(const TrainData& data, const InputSize& input) {
  std::vector<std::vector<double>> sides(data.classes.size());
  for (const auto& image : data.train) {
    double scale = std::min(static_cast<double>(input.width) / image.width,
                            static_cast<double>(input.height) / image.height);
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
  for (const auto* images : {&data.train, &data.val, &data.test})
    for (const auto& image : *images)
      if (!std::filesystem::exists(image.file)) missing.push_back(image.name);
  if (missing.empty()) return;
  findings.push_back(
      {true,
       fmt::format("{} image file{} missing, the first is {}", missing.size(),
                   missing.size() == 1 ? " is" : "s are", missing.front()),
       "ds-import check lists them; restore the files, or remove the images and take a new snapshot"});
}

void find_class_problems(const TrainData& data, std::vector<DataFinding>& findings) {
  auto in_train = boxes_per_class(data.train, data.classes.size());
  auto in_val = boxes_per_class(data.val, data.classes.size());
  for (std::size_t c = 0; c < data.classes.size(); ++c) {
    if (in_train[c] == 0)
      findings.push_back(
          {false,
           fmt::format("class '{}' has no box in the train split{}", data.classes[c],
                       in_val[c] > 0 ? fmt::format(" but {} in val", in_val[c]) : std::string()),
           "the model cannot learn it: label some, or remove the class"});
    else if (in_val[c] == 0)
      findings.push_back({false, fmt::format("class '{}' has no box in the val split", data.classes[c]),
                          "its AP cannot be measured: put some images with it into val"});
  }
}

void find_tiny_boxes(const TrainData& data, const InputSize& input, int stride,
                     std::vector<DataFinding>& findings) {
  auto sides = median_sides(data, input);
  for (std::size_t c = 0; c < sides.size(); ++c) {
    if (sides[c] <= 0 || sides[c] >= stride) continue;
    double factor = stride / sides[c];
    int wanted = static_cast<int>(std::ceil(std::max(input.width, input.height) * factor / 32)) * 32;
    findings.push_back(
        {false,
         fmt::format("half of the '{}' boxes are smaller than {:.1f} pixels at {}x{}", data.classes[c],
                     sides[c], input.width, input.height),
         fmt::format("the network's finest cells are {} pixels: try --input-size {}, or cut the images "
                     "into tiles",
                     stride, wanted)});
  }
}

}  // namespace

std::vector<TrainObject> train_objects(const Image& image) {
  std::vector<TrainObject> objects;
  for (const auto& annotation : image.annotations) {
    if (annotation.proposal) continue;
    Box box = clipped(annotation.box(), image.width, image.height);
    if (!is_proper(box)) continue;
    objects.push_back({box, annotation.class_idx, annotation.crowd || annotation.ignore});
  }
  return objects;
}

TrainData load_train_data(Project& project, const std::string& snapshot_id) {
  TrainData data;
  auto record = project.snapshots().get(snapshot_id);
  data.snapshot_id = record.id;
  auto train = project.snapshots().load(record.id, Split::train);
  data.classes = train.classes.names();
  data.train = train_images(project, train);
  data.val_truth = project.snapshots().load(record.id, Split::val);
  data.val = train_images(project, data.val_truth);
  data.test_truth = project.snapshots().load(record.id, Split::test);
  data.test = train_images(project, data.test_truth);
  return data;
}

std::vector<DataFinding> check_data(const TrainData& data, const InputSize& input, int smallest_stride) {
  std::vector<DataFinding> findings;
  if (data.classes.empty())
    findings.push_back({true, "the snapshot has no classes", "ds-label classes add NAME"});
  if (data.train.empty())
    findings.push_back(
        {true, "the train split of the snapshot is empty",
         "mark images as done (ds-label files set-status), or change their splits (ds-import split)"});
  if (data.val.empty())
    findings.push_back(
        {true, "the val split of the snapshot is empty, so the best epoch could not be chosen",
         "give some labelled images the split val (ds-import split), then take a new snapshot"});
  if (!findings.empty()) return findings;
  auto counts = boxes_per_class(data.train, data.classes.size());
  if (std::all_of(counts.begin(), counts.end(), [](std::size_t count) { return count == 0; })) {
    findings.push_back({true, fmt::format("none of the {} train images has a box", data.train.size()),
                        "label some objects, or check that the annotations were imported (ds-import stats)"});
    return findings;
  }
  find_missing_files(data, findings);
  find_class_problems(data, findings);
  find_tiny_boxes(data, input, smallest_stride, findings);
  return findings;
}

double common_aspect(const std::vector<TrainImage>& images) {
  if (images.empty()) return 1;
  std::vector<double> aspects;
  for (const auto& image : images) aspects.push_back(static_cast<double>(image.width) / image.height);
  double middle = median(aspects);
  auto near = std::count_if(aspects.begin(), aspects.end(),
                            [&](double aspect) { return std::abs(aspect / middle - 1) <= 0.05; });
  return static_cast<double>(near) >= 0.95 * static_cast<double>(aspects.size()) ? middle : 1;
}

std::vector<double> repeat_factors(const std::vector<TrainImage>& images, int num_classes, double threshold) {
  if (threshold <= 0) return {};
  std::vector<std::size_t> holders(static_cast<std::size_t>(num_classes), 0);
  std::vector<std::set<std::size_t>> classes_of;
  for (const auto& image : images) {
    std::set<std::size_t> classes;
    for (const auto& object : image.objects)
      if (!object.ignore) classes.insert(static_cast<std::size_t>(object.class_idx));
    for (auto c : classes) ++holders.at(c);
    classes_of.push_back(std::move(classes));
  }
  std::vector<double> factors;
  for (const auto& classes : classes_of) {
    double factor = 1;
    for (auto c : classes) {
      double share = static_cast<double>(holders[c]) / static_cast<double>(images.size());
      factor = std::max(factor, std::sqrt(threshold / share));
    }
    factors.push_back(factor);
  }
  return factors;
}

}  // namespace ds
