#include "ds/dataset/statistics.h"

#include <algorithm>
#include <cmath>

namespace ds {
namespace {

double median_of(std::vector<double>& values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

DatasetStatistics::Range range_of(std::vector<double> values) {
  if (values.empty()) return {};
  auto median = median_of(values);
  return {values.front(), median, values.back()};
}

DatasetStatistics::Size size_of(double area) {
  if (area < 32 * 32) return DatasetStatistics::small;
  return area < 96 * 96 ? DatasetStatistics::medium : DatasetStatistics::large;
}

double imbalance_of(const std::vector<DatasetStatistics::PerClass>& classes) {
  std::size_t most = 0;
  std::size_t least = 0;
  for (const auto& one : classes) {
    if (one.objects == 0) continue;
    most = std::max(most, one.objects);
    least = least == 0 ? one.objects : std::min(least, one.objects);
  }
  return least == 0 ? 0 : static_cast<double>(most) / static_cast<double>(least);
}

}  // namespace

DatasetStatistics statistics_of(const Dataset& dataset) {
  DatasetStatistics result;
  auto class_count = static_cast<std::size_t>(dataset.classes.size());
  result.classes.resize(class_count);
  for (std::size_t i = 0; i < class_count; ++i)
    result.classes[i].name = dataset.classes[static_cast<int>(i)].name;
  std::vector<std::vector<double>> sides(class_count);
  std::vector<const Image*> last_image(class_count, nullptr);
  std::array<DatasetStatistics::PerSplit, 4> splits;
  std::vector<double> widths;
  std::vector<double> heights;
  std::vector<double> per_image;
  for (const auto& image : dataset.images) {
    auto split = static_cast<std::size_t>(image.split);
    std::size_t objects = 0;
    for (const auto& annotation : image.annotations) {
      if (annotation.proposal) continue;
      ++objects;
      auto index = static_cast<std::size_t>(annotation.class_idx);
      auto& of_class = result.classes.at(index);
      ++of_class.objects;
      ++of_class.of_split[split];
      ++of_class.of_size[size_of(annotation.area.value_or(area_of(annotation.shape)))];
      sides[index].push_back(std::sqrt(annotation.box().area()));
      if (last_image[index] != &image) ++of_class.images;
      last_image[index] = &image;
    }
    auto& of_split = splits[split];
    ++of_split.images;
    of_split.labelled += objects > 0;
    of_split.negatives += objects == 0 && image.state == ImageState::done;
    of_split.objects += objects;
    result.objects += objects;
    widths.push_back(image.width);
    heights.push_back(image.height);
    if (image.state != ImageState::unlabelled) per_image.push_back(static_cast<double>(objects));
  }
  for (std::size_t i = 0; i < class_count; ++i) {
    result.classes[i].median_side = median_of(sides[i]);
    if (result.objects > 0)
      result.classes[i].share =
          static_cast<double>(result.classes[i].objects) / static_cast<double>(result.objects);
  }
  for (auto split : {Split::train, Split::val, Split::test, Split::none}) {
    auto& of_split = splits[static_cast<std::size_t>(split)];
    of_split.split = split;
    if (of_split.images > 0) result.splits.push_back(of_split);
  }
  result.images = dataset.images.size();
  result.image_width = range_of(std::move(widths));
  result.image_height = range_of(std::move(heights));
  result.objects_per_image = range_of(std::move(per_image));
  result.imbalance = imbalance_of(result.classes);
  return result;
}

}  // namespace ds
