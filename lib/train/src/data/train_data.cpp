#include "ds/train/train_data.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "data/shared.h"
#include "ds/project/project.h"

namespace ds {
namespace {

using detail::median;

TrainImage train_image(Project& project, const Image& image) {
  TrainImage result;
  result.id = image.id;
  result.name = image.name;
  result.file = project.media().path_of(image.sha256);
  result.width = image.width;
  result.height = image.height;
  result.objects = train_objects(image);
  result.sha256 = image.sha256;
  result.group = image.group;
  return result;
}

std::vector<TrainImage> train_images(Project& project, const Dataset& dataset) {
  std::vector<TrainImage> images;
  for (const auto& image : dataset.images) images.push_back(train_image(project, image));
  return images;
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
  data.cache_folder = project.folder() / "cache" / "pictures";
  auto train = project.snapshots().load(record.id, Split::train);
  data.classes = train.classes.names();
  data.train = train_images(project, train);
  data.val_truth = project.snapshots().load(record.id, Split::val);
  data.val = train_images(project, data.val_truth);
  data.test_truth = project.snapshots().load(record.id, Split::test);
  data.test = train_images(project, data.test_truth);
  return data;
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
