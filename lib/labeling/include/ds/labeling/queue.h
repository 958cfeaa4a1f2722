#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ds/base/progress.h"
#include "ds/base/registry.h"
#include "ds/project/project.h"

/// In which order people (or a model) should look at images.
namespace ds {

struct QueueItem {
  Image image;
  double priority = 0;  // higher comes first; what it means depends on the order
};

/// What the orders may ask for.
struct QueueInput {
  Project& project;
  std::uint64_t seed = 0;
  Progress& progress;
  std::size_t amount = 0;  // how many are wanted; 0: all
};

using QueueOrder = std::function<std::vector<QueueItem>(std::vector<Image> images, const QueueInput& input)>;

/// name         natural order of the names
/// uncertainty  the least certain proposal first: 1 - |2 score - 1|; images without proposals last
/// diverse      each next image is the one least like all before it and all labelled ones (farthest point
///              first on 8x8 colour thumbnails)
/// rare         proposals of classes that have few labels first: max of score / (1 + labels of the class)
/// random       by a hash of the seed and the name: stable whatever else is in the list
const Registry<QueueOrder>& queue_orders();

/// `images` (with annotations) in the order, the first `amount` of them.
std::vector<QueueItem> order_images(const std::string& order, std::vector<Image> images,
                                    const QueueInput& input);

}  // namespace ds
