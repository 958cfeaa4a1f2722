#include "ds/dataset/dataset.h"

namespace ds {

std::size_t Dataset::annotation_count() const {
  std::size_t count = 0;
  for (const auto& image : images) count += image.annotations.size();
  return count;
}

DatasetSummary summarize(const Dataset& dataset) {
  DatasetSummary summary;
  summary.classes.resize(static_cast<std::size_t>(dataset.classes.size()));
  for (int i = 0; i < dataset.classes.size(); ++i)
    summary.classes[static_cast<std::size_t>(i)].name = dataset.classes[i].name;
  std::vector<const Image*> last_image(summary.classes.size(), nullptr);
  for (const auto& image : dataset.images) {
    ++summary.images;
    ++summary.images_of_state[static_cast<std::size_t>(image.state)];
    ++summary.images_of_split[static_cast<std::size_t>(image.split)];
    if (image.state == ImageState::done && image.annotations.empty()) ++summary.negatives;
    summary.annotations += image.annotations.size();
    for (const auto& annotation : image.annotations) {
      auto& of_class = summary.classes.at(static_cast<std::size_t>(annotation.class_idx));
      ++of_class.annotations;
      auto& last = last_image[static_cast<std::size_t>(annotation.class_idx)];
      if (last != &image) ++of_class.images;
      last = &image;
    }
  }
  return summary;
}

}  // namespace ds
